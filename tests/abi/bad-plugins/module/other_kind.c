/* A plugin of a kind that nobody asked for. */
#define KIND "com.example.fortune/1"
#define ID "org.tenon.test.other-kind"
#define NAME "other_kind"
#include "plugin_under_test.h"

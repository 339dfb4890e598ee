/* A module without a plugin. */
#define PLUGIN_COUNT 0
#define ID "org.tenon.test.no-plugins"
#define NAME "no_plugins"
#include "plugin_under_test.h"

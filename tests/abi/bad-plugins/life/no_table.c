/* Offers no table for its kind. */
#define OFFERED NULL
#define ID "org.tenon.test.no-table"
#define NAME "no_table"
#include "plugin_under_test.h"

/* Its schema allows one option. */
#define SCHEMA                                                                                    \
  "{\"type\": \"object\", \"properties\": {\"file\": {\"type\": \"string\", \"minLength\": 1}}, " \
  "\"required\": [\"file\"], \"additionalProperties\": false}"
#define ID "org.tenon.test.strict-options"
#define NAME "strict_options"
#include "plugin_under_test.h"

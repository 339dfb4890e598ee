#include <tenon/module.hpp>

#include "webhook.h"

TENON_CPP_MODULE(1, "tenon.events-webhook", TENON_VERSION, tenon::webhook::Webhook)

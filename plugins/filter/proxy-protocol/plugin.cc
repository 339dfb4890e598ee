#include <tenon/module.hpp>

#include "proxy_filter.h"

TENON_CPP_MODULE(1, "tenon.filter-proxy-protocol", TENON_VERSION, tenon::filter_proxy::ProxyFilter)

#include <tenon/module.hpp>

#include "tls_filter.h"

TENON_CPP_MODULE(1, "tenon.filter-tls", TENON_VERSION, tenon::filter_tls::TlsFilter)

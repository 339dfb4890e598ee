#include <tenon/module.hpp>

#include "tcp_transport.h"

TENON_CPP_MODULE(1, "tenon.transport-tcp", TENON_VERSION, tenon::transport_tcp::TcpTransport)

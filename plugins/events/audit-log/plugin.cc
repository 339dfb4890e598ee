#include <tenon/module.hpp>

#include "audit_log.h"

TENON_CPP_MODULE(1, "tenon.events-audit-log", TENON_VERSION, tenon::audit_log::AuditLog)

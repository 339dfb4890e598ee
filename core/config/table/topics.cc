#include "config/table/tables.h"

namespace tenon::config {

std::span<const Topic> topics() {
  static const Topic all[] = {
      {"node", "The process itself.", node_rows()},
      {"plugins", "Plugin files: where they lie, and which may be loaded.", plugins_rows()},
      {"listeners", "Where clients connect.", listeners_rows()},
      {"auth", "Who may connect.", auth_rows()},
      {"events", "Who is told what clients do.", events_rows()},
      {"intercept", "Who decides on messages.", intercept_rows()},
      {"mqtt, links", "Limits of one link.", mqtt_link_rows()},
      {"mqtt, sessions", "Limits of what is kept for clients.", mqtt_session_rows()},
      {"publish", "What a publisher waits for.", publish_rows()},
      {"overload", "When the broker is asked for too much.", overload_rows()},
      {"tenants", "What clients may use that share one space of topics.", tenants_rows()},
      {"engines", "Storage engines by name.", engines_rows()},
      {"stores", "The four stores of durable state: routes, sessions, retained messages, settings.",
       stores_rows()},
      {"services", "Which parts of the work this node takes.", services_rows()},
      {"cluster", "The node among others.", cluster_rows()},
      {"api", "The HTTP API.", api_rows()},
      {"log", "Messages of the broker.", log_rows()},
      {"shutdown", "The end.", shutdown_rows()},
  };
  return all;
}

}  // namespace tenon::config

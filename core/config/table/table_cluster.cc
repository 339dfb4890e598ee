// Rows of the node among others: services and cluster.

#include "config/table/tables.h"

namespace tenon::config {
namespace {

constexpr Descriptor services[] = {
    {.path = "services.{mqtt,api}.enable",
     .type = Type::boolean,
     .default_json = "true",
     .doc = "Whether this node serves clients (`mqtt`) and operators (`api`)."},
    {.path = "services.{inbox,retain,meta}.store.enable",
     .type = Type::boolean,
     .default_json = "true",
     .doc =
         "Whether this node takes replicas of ranges of the store: persistent sessions (`inbox`), retained "
         "messages (`retain`), settings of the cluster (`meta`). A node that has replicas and is to have "
         "none is drained first (`tenonctl node drain`)."},
    {.path = "services.dist.worker.enable",
     .type = Type::boolean,
     .default_json = "true",
     .doc =
         "The same for routes. A node that serves clients, or has replicas of `inbox`, follows the ranges of "
         "`dist` and `retain` all the same, without a vote, since it matches messages by them."},
};

constexpr Descriptor cluster[] = {
    {.path = "cluster.env",
     .default_json = "\"default\"",
     .rule = Rule::non_empty,
     .doc = "Name of the environment. Nodes of different environments do not talk to each other."},
    {.path = "cluster.bind",
     .default_json = "\"\"",
     .default_note = "empty: a local address is chosen",
     .rule = Rule::host_or_none,
     .doc = "Address of the port for other nodes; `::` takes all addresses."},
    {.path = "cluster.port",
     .type = Type::integer,
     .default_json = "7883",
     .min = 0,
     .max = 65535,
     .doc = "The one TCP port between nodes. It is open when `cluster.seeds` or "
            "`cluster.domain` is not empty, or `cluster.expect` is above 1."},
    {.path = "cluster.advertise",
     .default_json = "\"\"",
     .default_note = "empty: the bound address",
     .rule = Rule::endpoint,
     .doc = "`host` or `host:port` under which other nodes reach this one, where it differs from the bound "
            "one."},
    {.path = "cluster.seeds",
     .type = Type::string_list,
     .default_json = "[]",
     .rule = Rule::endpoint,
     .doc = "Nodes to join through, as `host` or `host:port`; one that leads back to this node does no harm. "
            "Each "
            "address that a name has is one; names are looked up again. A name that begins with an "
            "underscore, as "
            "`_tenon._tcp.example.org`, is looked up for SRV records, which have ports, too."},
    {.path = "cluster.domain",
     .default_json = "\"\"",
     .rule = Rule::endpoint,
     .doc =
         "DNS name whose addresses are seeds, as `name` or `name:port`: another word for one more entry of "
         "`cluster.seeds`."},
    {.path = "cluster.groups",
     .type = Type::string_list,
     .default_json = "[\"default\"]",
     .rule = Rule::name,
     .reload = Reload::live,
     .doc = "Groups of nodes that this one is of. Traffic directives weigh groups: which nodes serve the "
            "clients of a tenant. `tenonctl traffic groups` says otherwise at runtime, and wins."},
    {.path = "cluster.expect",
     .type = Type::integer,
     .default_json = "1",
     .min = 1,
     .max = 1000,
     .doc = "Nodes that found the cluster together; they wait for each other. Until so many are linked, the "
            "condition `cluster` of the node's health is degraded."},
    {.path = "cluster.node_gone_s",
     .type = Type::duration,
     .default_json = "10",
     .min = 1,
     .max = 86400,
     .doc = "A node that nobody has heard for so long is taken for dead: the sessions that it holds are "
            "detached, so "
            "that "
            "their wills are published and their expiry begins. If it lives all the same, its clients are "
            "disconnected when it is back, and find their sessions as they are."},
    {.path = "cluster.cut_off_s",
     .type = Type::duration,
     .default_json = "5",
     .min = 0,
     .max = 86400,
     .doc =
         "A node that has had no link to a majority of the voters of a session's range for so long, while "
         "others may have one, sends the clients of such sessions away, as they may be served elsewhere by "
         "then (`0x9C`, Use another server; 3.x are closed). Within ten seconds all have gone. It counts "
         "from the end of the links, which takes three seconds where a node falls silent. 0: they stay. "
         "Clients that leave neither a session nor a will stay in any case."},
    {.path = "cluster.token",
     .default_json = "\"\"",
     .secret = Secret::yes,
     .doc = "Shared secret of the nodes: each proves to the other that it knows it, without sending it. It "
            "does not encrypt what they say."},
    {.path = "cluster.tls",
     .type = Type::json,
     .default_json = "{}",
     .doc =
         "Options of the plugin filter/tls for the links between nodes, as `certificate`, `key` and `ca`; "
         "empty: no TLS. Each node shows its certificate to the other, whoever dials. All nodes have it or "
         "none."},
};

}  // namespace

std::span<const Descriptor> services_rows() {
  return services;
}
std::span<const Descriptor> cluster_rows() {
  return cluster;
}

}  // namespace tenon::config

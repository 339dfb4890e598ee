// Rows of what is kept and where: engines and stores.

#include "config/table/tables.h"

namespace tenon::config {
namespace {

constexpr std::string_view acks[] = {"quorum", "all"};

constexpr Descriptor engines[] = {
    {.path = "engines.*",
     .type = Type::map,
     .doc = "A storage engine under a name. Stores that name the same engine share one instance and one "
            "fsync."},
    {.path = "engines.*.plugin",
     .rule = Rule::non_empty,
     .required = Required::yes,
     .doc = "Name of the storage or log plugin, an entry of `plugins`."},
    {.path = "engines.*.path",
     .default_note = "the name of the engine",
     .rule = Rule::non_empty,
     .doc = "Where the engine keeps its files; a relative path lies in `node.data_dir`."},
    {.path = "engines.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Laid over `plugins.<plugin>.options`, key by key."},
};

constexpr Descriptor stores[] = {
    {.path = "stores.{dist,inbox,retain,meta}.state",
     .default_note = "none",
     .rule = Rule::non_empty,
     .doc =
         "Engine that holds the state of the store, a storage plugin; what was accepted reaches it in large "
         "batches, behind the journal."},
    {.path = "stores.{dist,inbox,retain,meta}.log",
     .default_note = "none",
     .rule = Rule::non_empty,
     .doc =
         "Engine that holds the journal: nothing is acknowledged before it is durable there. A log plugin, "
         "or a storage plugin, also the engine of a state: then both share its fsync and wait for each "
         "other. "
         "In this version all stores share one journal. In a cluster another one is given to one node at a "
         "time, "
         "each until its health is well: its replicas are filled anew."},
    {.path = "stores.{dist,inbox,retain,meta}.voters",
     .type = Type::integer,
     .default_json = "3",
     .min = 1,
     .max = 9,
     .rule = Rule::odd,
     .doc = "Replicas of each range that vote, on distinct nodes; fewer where fewer nodes found the cluster. "
            "The balancer replica-cnt keeps it; without it, it is looked at when a cluster is founded, and "
            "when a "
            "replica was lost: it votes again up to this number."},
    {.path = "stores.{dist,retain}.learners",
     .type = Type::integer,
     .default_json = "-1",
     .min = -1,
     .max = 1000,
     .doc = "Replicas that follow without a vote; -1 keeps one on every node that has no vote, which lets "
            "each of "
            "them match "
            "locally and answer with retained messages. Other numbers count when a cluster is founded."},
    {.path = "stores.{inbox,meta}.learners",
     .type = Type::integer,
     .default_json = "0",
     .min = -1,
     .max = 1000,
     .doc = "Replicas that follow without a vote; -1 keeps one on every node that has no vote. Other numbers "
            "count "
            "when a cluster is founded."},
    {.path = "stores.{dist,inbox,retain,meta}.ack",
     .type = Type::enumeration,
     .default_json = "\"quorum\"",
     .choices = acks,
     .doc =
         "Whose disks must hold an entry before it is acknowledged: a `quorum` of the voters, or `all` that "
         "are linked to the leader. With `all`, what is acknowledged is there as long as one of the voters "
         "is that were linked to the leader then, and the slowest of them decides how long an "
         "acknowledgement takes; a voter that is not heard "
         "for three seconds no longer counts, down to the quorum."},
    {.path = "stores.inbox.initial_ranges",
     .type = Type::integer,
     .default_json = "4",
     .min = 1,
     .max = 1024,
     .doc = "Ranges that a new store starts with."},
    {.path = "stores.{dist,retain,meta}.initial_ranges",
     .type = Type::integer,
     .default_json = "1",
     .min = 1,
     .max = 1024,
     .use = Use::stored,
     .doc = "Ranges that a new store starts with."},
    {.path = "stores.{dist,inbox,retain,meta}.balancers.*",
     .type = Type::map,
     .doc = "A balancer of this store; the name is that of its plugin. The node that leads the store `meta` "
            "runs "
            "those of its own configuration: all nodes should have the same."},
    {.path = "stores.{dist,inbox,retain,meta}.balancers.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .doc = "Whether it plans."},
    {.path = "stores.{dist,inbox,retain,meta}.balancers.*.order",
     .type = Type::integer,
     .default_json = "50",
     .min = 0,
     .max = 1000,
     .doc = "Lower plans earlier, and has a range first; entries of the same order go by name."},
    {.path = "stores.{dist,inbox,retain,meta}.balancers.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Laid over `plugins.<name>.options`, key by key; the plugin's page says what there is."},
};

}  // namespace

std::span<const Descriptor> engines_rows() {
  return engines;
}
std::span<const Descriptor> stores_rows() {
  return stores;
}

}  // namespace tenon::config

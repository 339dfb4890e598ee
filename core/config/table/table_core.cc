// Rows of the node itself: where it lives, what it loads, how it logs and ends.

#include "config/table/tables.h"

#ifndef TENON_STATE_DIR
#error "the build names TENON_STATE_DIR and TENON_PLUGIN_DIR"
#endif

namespace tenon::config {
namespace {

constexpr std::string_view log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::string_view log_formats[] = {"text", "json"};

constexpr Descriptor node[] = {
    {.path = "node.data_dir",
     .default_json = "\"" TENON_STATE_DIR "\"",
     .default_note = "the state directory of the build, `/var/lib/tenon` in packages",
     .rule = Rule::non_empty,
     .doc = "Directory of everything that the node keeps on disk. Relative paths of other keys start here."},
    {.path = "node.workers",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 256,
     .doc = "Number of threads that serve links. 0 takes one for each processor that the process may use."},
    {.path = "node.zone",
     .default_json = "\"\"",
     .doc = "What the node may fail together with: a rack, a room, a data centre. Balancers keep the voters "
            "of a "
            "range in as many zones as nodes state; empty: none."},
    {.path = "node.attributes.*",
     .default_note = "not stated",
     .doc = "What else is to be known of the node, such as `\"disk\": \"nvme\"`. Balancers see it; none of "
            "the shipped "
            "ones looks at it."},
};

constexpr Descriptor plugins[] = {
    {.path = "plugins.path",
     .type = Type::string_list,
     .default_json = "[\"" TENON_PLUGIN_DIR "\"]",
     .default_note = "the plugin directory of the build",
     .rule = Rule::absolute_path,
     .doc =
         "Directories in which plugins are found, searched in this order. A file elsewhere is not loaded. "
         "Each component of the path must belong to root or to the broker's user and be writable by nobody "
         "else."},
    {.path = "plugins.trusted_uids",
     .type = Type::integer_list,
     .default_json = "[]",
     .min = 0,
     .max = 4294967294,
     .rule = Rule::seen_user,
     .doc = "User ids that may own plugin files and their directories, besides root and the broker's own "
            "user. For development; leave it empty in production. The packaged unit also needs "
            "`PrivateUsers=no` for it, in a drop-in: without, files of all other users look like those of "
            "65534, and are refused."},
    {.path = "plugins.*",
     .type = Type::map,
     .doc = "A plugin that may be used, under the name by which listeners, the auth chain, engines and "
            "balancers call it. Those in use are loaded at start; nothing is loaded that is not listed here. "
            "`{}` is enough for a shipped one."},
    {.path = "plugins.*.file",
     .default_note = "`<kind>-<name>.so`",
     .rule = Rule::module_file,
     .doc = "The file of the plugin: a name inside `plugins.path`, or an absolute path that lies in one of "
            "these directories."},
    {.path = "plugins.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Handed to the plugin as it is; the plugin's page says what it may hold and what of it needs a "
            "restart. Options at the place of use (an engine, an entry of the auth chain) are laid over "
            "these."},
};

constexpr Descriptor log[] = {
    {.path = "log.level",
     .type = Type::enumeration,
     .default_json = "\"info\"",
     .choices = log_levels,
     .reload = Reload::live,
     .doc = "The least severe messages that are written. Records of what operators did are written always."},
    {.path = "log.format",
     .type = Type::enumeration,
     .default_json = "\"text\"",
     .choices = log_formats,
     .reload = Reload::live,
     .doc = "`text` for people, `json` for collectors: one object a line."},
    {.path = "log.file",
     .default_json = "\"\"",
     .default_note = "empty: standard error",
     .doc =
         "File that messages are appended to; a relative path lies in `node.data_dir`. It is opened anew at "
         "each reload, for whoever moves it away."},
    {.path = "log.file_bytes_max",
     .type = Type::bytes,
     .default_json = "104857600",
     .min = 0,
     .max = 1'099'511'627'776,
     .doc = "A file that would become larger is kept as `FILE.1`, and a new one begun. 0: it is never."},
    {.path = "log.file_count",
     .type = Type::integer,
     .default_json = "5",
     .min = 0,
     .max = 1000,
     .doc = "How many of those are kept; `FILE.1` is the newest."},
};

constexpr Descriptor shutdown[] = {
    {.path = "shutdown.timeout_s",
     .type = Type::duration,
     .default_json = "10",
     .min = 1,
     .max = 600,
     .doc =
         "How long a stop waits for clients to be told and for queues to be written before it ends anyway."},
};

}  // namespace

std::span<const Descriptor> node_rows() {
  return node;
}
std::span<const Descriptor> plugins_rows() {
  return plugins;
}
std::span<const Descriptor> log_rows() {
  return log;
}
std::span<const Descriptor> shutdown_rows() {
  return shutdown;
}

}  // namespace tenon::config

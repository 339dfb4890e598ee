#include "observe/reference.h"

#include <string_view>

#include "observe/log/event.h"
#include "observe/metrics/table.h"

namespace tenon::observe {

namespace {

constexpr std::string_view log_intro = R"(# Logs

The broker writes one line per record to standard error, or to `log.file`. `log.format` chooses the form:

    text  2026-01-02T03:04:05.678Z INFO  listener.opened: clients can connect listener=default address=127.0.0.1:1883
    json  {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"listener.opened","message":"clients can connect",
           "fields":{"listener":"default","address":"127.0.0.1:1883"}}   (in one line)

- Times are UTC. `event` is stable and is what programs should look at; the message is for people and may change.
- Programs should read JSON. In text, a value with unusual characters stands in double quotes.
- Control characters, malformed UTF-8 and marks that reorder text are escaped. Values are cut at 256 bytes and
  messages at 1024, with the full length shown.
- `log.level` is the lowest level written: `trace`, `debug`, `info`, `warn`, `error` or `off`.
- An event that repeats is written 20 times in 10 seconds; the next record says in `suppressed` how many were held back,
  or `node.log_suppressed` does when there is no next one. `debug` and `trace` are never held back.
- Events that are marked "always" are records of what somebody did, and stand nowhere else: they are written whatever
  the level is, `off` too, and however often they come.
- When the reader of the log is too slow, the broker does not wait: lines are lost, those of records too; `node.log_lost` and
  the metric `tenon_log_lost_lines_total` say how many.
- Records of plugins carry the field `plugin`; their events are listed in the plugin's own page.

## Events

| Event | Level | Meaning |
|---|---|---|
)";

constexpr std::string_view metric_intro = R"(# Metrics

`GET /metrics` answers in the Prometheus text format 0.0.4, or in OpenMetrics 1.0 when the request prefers it (`Accept`).
Names and labels are stable. Times are in seconds, sizes in bytes. A histogram `x` appears as `x_bucket`, `x_sum` and
`x_count`.

Plugins add metrics of their own as `tenon_plugin_<name>` with the label `plugin`; they are listed in the plugin's own
page.

| Metric | Kind | Labels | Meaning |
|---|---|---|---|
)";

std::string_view kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::histogram:
      return "histogram";
  }
  return "";
}

void append_cells(std::string& out, std::initializer_list<std::string_view> cells) {
  for (const std::string_view cell : cells) {
    out += "| ";
    out += cell;
    out += cell.empty() ? "" : " ";
  }
  out += "|\n";
}

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

}  // namespace

std::string log_reference() {
  std::string page(log_intro);
  for (const Event& event : all_events())
    append_cells(page,
                 {code(event.name), std::string(to_string(event.level)) + (event.is_record ? ", always" : ""),
                  event.meaning});
  return page;
}

std::string metric_reference() {
  std::string page(metric_intro);
  for (const MetricDescriptor* metric : all_metrics()) {
    std::string labels;
    for (const std::string_view label : metric->labels) labels += (labels.empty() ? "" : ", ") + code(label);
    append_cells(page, {code(metric->name), kind_name(metric->kind), labels, metric->help});
  }
  return page;
}

}  // namespace tenon::observe

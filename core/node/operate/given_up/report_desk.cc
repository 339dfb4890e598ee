#include "node/operate/given_up/report_desk.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

#include "node/operate/given_up/given_up_file.h"

namespace tenon::node {

namespace {

// Takes a number and what stands behind it off `text`; false: there are none.
bool take_number(std::string_view& text, std::string_view behind, std::uint64_t& ret_number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ret_number);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  if (!text.starts_with(behind)) return false;
  text.remove_prefix(behind.size());
  return true;
}

// Empty: it is no report.
std::optional<admin::ReportStatus> report_named(std::string_view name) {
  admin::ReportStatus report;
  if (!name.starts_with(given_up_prefix)) return std::nullopt;
  name.remove_prefix(given_up_prefix.size());
  if (!take_number(name, "-", report.range) || !take_number(name, "", report.incarnation))
    return std::nullopt;
  std::uint64_t part = 0;
  if (name.starts_with("-")) {
    name.remove_prefix(1);
    if (!take_number(name, "", part) || part == 0) return std::nullopt;
  }
  return name == given_up_suffix ? std::optional(report) : std::nullopt;
}

}  // namespace

Result<std::vector<admin::ReportStatus>> reports_in(Disk& disk, const std::string& data_dir) {
  const std::string dir = reports_dir(data_dir);
  std::vector<admin::ReportStatus> found;
  const Status listed = disk.list(dir, [&](std::string_view name, bool is_dir) {
    auto report = is_dir ? std::nullopt : report_named(name);
    if (!report) return;
    report->file = dir + "/" + std::string(name);
    found.push_back(std::move(*report));
  });
  if (!listed && listed.error().code != Errc::not_found) return listed.error();
  for (admin::ReportStatus& report : found) {
    const auto file = disk.open(report.file, OpenMode::read);
    const auto bytes = file.ok() ? (*file)->size() : Result<std::uint64_t>(file.error());
    // One that is being removed.
    report.bytes = bytes.ok() ? *bytes : 0;
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.range, a.incarnation, a.file) < std::tie(b.range, b.incarnation, b.file);
  });
  return found;
}

ReportDesk::ReportDesk(Disk& disk, std::string data_dir, Executor& executor)
    : executor_(executor), shared_(new Shared{disk, std::move(data_dir), {}}) {}

void ReportDesk::list(admin::Then<std::vector<admin::ReportStatus>> then) {
  // Goes with the task, whether or not it is run.
  const std::shared_ptr<Shared> reading(shared_.get(),
                                        [shared = shared_](Shared*) { shared->readings.fetch_sub(1); });
  if (shared_->readings.fetch_add(1) >= readings_max)
    return then(Error{Errc::busy, "the reports are being read for too many others"});
  Task* const task = make_task([reading, then] { then(reports_in(reading->disk, reading->data_dir)); });
  if (executor_.post_blocking(task)) return;
  task->drop();
  then(Error{Errc::busy, "too much waits for the disk already"});
}

}  // namespace tenon::node

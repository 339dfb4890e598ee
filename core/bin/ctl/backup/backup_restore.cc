#include "bin/ctl/backup/backup_restore.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "admin/json/base64.h"
#include "bin/ctl/backup/backup_walk.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int tries_max = 8;

class Restoring {
 public:
  Restoring(const ApiClient& broker, const std::string& path, const BackupSummary& summary,
            const Progress& progress)
      : broker_(broker), path_(path), summary_(summary), progress_(progress) {
    id_ = id_text(summary.header.id);
    restored_.id = summary.header.id;
  }

  Result<Restored> run(bool into_nonempty) {
    const Status begun = begin(into_nonempty);
    if (!begun.ok()) return begun.error();
    const auto written = walk_backup(
        path_, [this](kv::StoreId store, const kv::SnapshotChunk& chunk) { return write(store, chunk); });
    if (!written.ok()) return broken_off("while rows are written", written.error());
    for (const char* step : {"routes", "release"})
      if (const Status done = run_step(step); !done.ok())
        return broken_off(step == std::string_view("routes") ? "while subscriptions are routed"
                                                             : "while sessions are released",
                          done.error());
    const auto ended = ask("/steps", Json{{"step", "end"}});
    if (!ended.ok()) return broken_off("at its end", ended.error());
    return restored_;
  }

 private:
  Status begin(bool into_nonempty) {
    const auto answer = broker_.ask("POST", "/api/v1/restore",
                                    Json{{"restore", id_}, {"into_nonempty", into_nonempty}}.dump());
    if (!answer.ok() && answer.error().code == Errc::exists)
      return Error{Errc::exists, answer.error().message + " (--into-nonempty)"};
    if (!answer.ok()) return answer.error();
    restored_.is_repeated = Json::parse(*answer).at("repeated").get<bool>();
    if (restored_.is_repeated) tell("this restore was begun before, and goes on");
    return {};
  }

  Status write(kv::StoreId store, const kv::SnapshotChunk& chunk) {
    const auto answer = ask("/rows", Json{{"store", kv::to_string(store)},
                                          {"chunk_base64", admin::base64_of(kv::encode(chunk))}});
    if (!answer.ok()) return answer.error();
    const Json json = Json::parse(*answer);
    restored_.written += json.at("written").get<std::uint64_t>();
    restored_.kept += json.at("kept").get<std::uint64_t>();
    ++chunks_;
    tell("the store " + std::string(kv::to_string(store)) + ": chunk " + std::to_string(chunks_) + ", " +
         std::to_string(restored_.written + restored_.kept) + " rows so far");
    return {};
  }

  Status run_step(const std::string& step) {
    std::string cursor;
    do {
      const auto answer = ask("/steps", Json{{"step", step}, {"cursor", cursor}});
      if (!answer.ok()) return answer.error();
      const Json page = Json::parse(*answer);
      if (step == "release") restored_.sessions += page.at("sessions").get<std::uint64_t>();
      restored_.routes += page.at("routes").get<std::uint64_t>();
      cursor = page.value("cursor", "");
    } while (!cursor.empty());
    tell("all sessions: " + step + " is done");
    return {};
  }

  // Asked again, as nothing is written twice; a refusal is final.
  Result<std::string> ask(const std::string& what, const Json& body) const {
    const std::string path = "/api/v1/restore/" + id_ + what;
    for (int tried = 1;; ++tried) {
      auto answer = broker_.ask("POST", path, body.dump());
      const bool is_passing =
          !answer.ok() && (answer.error().code == Errc::busy || answer.error().code == Errc::io ||
                           answer.error().code == Errc::timed_out);
      if (!is_passing || tried == tries_max) return answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(250 * tried));
    }
  }

  Error broken_off(const char* when, const Error& error) const {
    return {error.code == Errc::invalid ? Errc::internal : error.code,
            error.message + " (the restore broke off " + when + ", behind " +
                std::to_string(restored_.written + restored_.kept) + " rows of " +
                std::to_string(row_count()) +
                "; no session of the backup that was not released before is served until it is repeated)"};
  }
  std::uint64_t row_count() const {
    std::uint64_t rows = 0;
    for (const PartSummary& part : summary_.parts) rows += part.rows;
    return rows;
  }
  void tell(const std::string& line) const {
    if (progress_) progress_(line);
  }

  const ApiClient& broker_;
  const std::string& path_;
  const BackupSummary& summary_;
  const Progress& progress_;
  std::string id_;
  Restored restored_;
  std::uint64_t chunks_ = 0;
};

}  // namespace

Result<Restored> restore_backup(const ApiClient& broker, const std::string& path, bool into_nonempty,
                                const Progress& progress) {
  const auto summary = walk_backup(path);
  if (!summary.ok())
    return Error{Errc::corrupt, summary.error().message + " (nothing was written to the cluster)"};
  try {
    return Restoring(broker, path, *summary, progress).run(into_nonempty);
  } catch (const nlohmann::json::exception&) {
    return unknown_answer();
  }
}

}  // namespace tenon::ctl

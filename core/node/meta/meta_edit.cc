#include "node/meta/meta_edit.h"

#include <memory>
#include <utility>

namespace tenon::node {

namespace meta = service::meta;
using store::Request;

namespace {

using Record = std::optional<meta::ValueRecord>;

std::string version_text(std::uint64_t version) {
  return version == 0 ? "there is none" : "it has version " + std::to_string(version);
}

// One while it runs: what is there, the command, and what is there behind it where that is not clear.
class Running : public std::enable_shared_from_this<Running> {
 public:
  Running(MetaWatch& meta, MetaEdit&& edit, std::function<void(Result<std::uint64_t>&&)>&& then)
      : meta_(meta), edit_(std::move(edit)), then_(std::move(then)) {}

  void begin() {
    get([self = shared_from_this()](const Record& present) { self->on_present(present); });
  }

 private:
  bool erases() const { return edit_.value.empty(); }

  void get(std::function<void(const Record&)> then) {
    service::BatchBuilder<meta::Question> question;
    question.add(meta::Get{edit_.path});
    meta_.ask(Request::Kind::query, edit_.path, question.take(),
              [self = shared_from_this(), then = std::move(then)](const store::Answer& answer) {
                if (auto trouble = trouble_of(answer)) return self->then_(std::move(*trouble));
                const auto reply = meta::AnswerReader(answer.text).next<meta::Get>();
                if (!reply.ok()) return self->then_(reply.error());
                then(reply->value);
              });
  }

  void on_present(const Record& present) {
    const std::uint64_t version = present ? present->version : 0;
    if (edit_.expected && *edit_.expected != version)
      return then_(Error{Errc::exists, version_text(version) + ", not what the change wants"});
    if (erases() && version == 0) return then_(Error{Errc::not_found, version_text(version)});
    before_ = version;
    meta::CommandBuilder command;
    if (erases())
      command.add(meta::Erase{edit_.path, version, edit_.who});
    else
      command.add(meta::Put{edit_.path, edit_.value, version, edit_.who});
    meta_.ask(Request::Kind::command, edit_.path, command.take(),
              [self = shared_from_this()](const store::Answer& answer) { self->on_given(answer); });
  }

  // Replies of both ops have the same form.
  void on_given(const store::Answer& answer) {
    if (auto trouble = trouble_of(answer)) return then_(std::move(*trouble));
    meta::ReplyReader reader(answer.text);
    const auto reply = erases() ? reader.next<meta::Erase>() : reader.next<meta::Put>();
    if (!reply.ok()) return then_(reply.error());
    if (reply->status == meta::ChangeStatus::done) return done(erases() ? before_ : reply->version);
    // A command may be applied twice: the second time it finds what the first one has left.
    get([self = shared_from_this()](const Record& present) { self->on_confirmed(present); });
  }

  void on_confirmed(const Record& present) {
    if (!present && erases()) return done(before_);
    if (present && !erases() && present->value == edit_.value) return done(present->version);
    then_(
        Error{Errc::exists, "somebody was faster: " + version_text(present ? present->version : 0) + " now"});
  }

  void done(std::uint64_t version) {
    meta_.when_read([self = shared_from_this(), version] { self->then_(std::uint64_t{version}); });
  }

  MetaWatch& meta_;
  const MetaEdit edit_;
  const std::function<void(Result<std::uint64_t>&&)> then_;
  std::uint64_t before_ = 0;
};

}  // namespace

void edit_meta(MetaWatch& meta, MetaEdit edit, std::function<void(Result<std::uint64_t>&&)> then) {
  std::make_shared<Running>(meta, std::move(edit), std::move(then))->begin();
}

}  // namespace tenon::node

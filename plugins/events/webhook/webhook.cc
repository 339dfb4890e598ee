#include "webhook.h"

#include <string_view>
#include <utility>

#include "batch_body.h"

namespace tenon::webhook {

void Webhook::init() {
  health_ = sdk::Health(host());
  declare_metrics();
  take_options();
}

void Webhook::declare_metrics() {
  const auto posts = [this](std::string_view result) {
    return metrics().counter("posts_total", "Batches of events that were posted, by result.",
                             {{sdk::abi("result"), sdk::abi(result)}});
  };
  taken_count_ = posts("taken");
  again_count_ = posts("again");
  refused_count_ = posts("refused");
  given_up_count_ = posts("given_up");
}

void Webhook::take_options() {
  auto setup = std::make_shared<Setup>();
  setup->options = read_options(config());
  setup->service = http::load_service(setup->options.service);
  setup_.put(std::move(setup));
}

tenon_status Webhook::reconfigure() {
  take_options();
  return TENON_OK;
}

void Webhook::deactivate() noexcept {
  exchange_.close();
}

sdk::EventWishes Webhook::wishes() const {
  const Options& options = setup_.newest()->options;
  return {.types = options.events.types,
          .filters = options.events.messages,
          .payload_bytes_max = options.payload_bytes_max,
          .batch_count_max = options.batch_count_max,
          .linger_ms = options.linger_ms};
}

void Webhook::deliver(const sdk::EventBatch& events, std::uint64_t dropped) {
  const auto& setup = newest_.get();
  // A reload may have named another service, and the old connection's TLS settings go with their setup.
  if (setup != used_) exchange_.close();
  used_ = setup;
  if (first_unix_ms_ == 0) first_unix_ms_ = events[0].unix_ms();
  const std::string batch = std::to_string(first_unix_ms_) + "-" + std::to_string(batch_number_);
  std::string why;
  const auto status = post(batch_body(batch, events, dropped), why);
  if (!status) on_trouble(why);
  switch (verdict_of(*status)) {
    case Verdict::taken:
      return on_taken();
    case Verdict::refused:
      on_refused(*status);
    case Verdict::again:
      on_trouble("the service answered " + std::to_string(*status));
  }
}

std::optional<int> Webhook::post(const std::string& body, std::string& ret_why) try {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(used_->options.timeout_ms);
  return exchange_.post_for_status(used_->service, body, deadline);
} catch (const sdk::Failure& failure) {
  ret_why = failure.what();
  return std::nullopt;
}

void Webhook::end_batch() {
  ++batch_number_;
  troubled_since_.reset();
}

void Webhook::on_taken() {
  end_batch();
  taken_count_.add();
  if (!std::exchange(is_degraded_, false)) return;
  health_.ok();
  log().info("webhook.service_back", "the service takes events again");
}

void Webhook::on_refused(int status) {
  end_batch();
  refused_count_.add();
  throw sdk::Failure(TENON_E_INVALID, "the service refused events with " + std::to_string(status));
}

void Webhook::on_trouble(const std::string& why) {
  const Time now = std::chrono::steady_clock::now();
  if (!troubled_since_) troubled_since_ = now;
  if (!std::exchange(is_degraded_, true)) {
    health_.degraded("events can't be posted: " + why);
    log().warn("webhook.service_failed", "events could not be posted; they are tried again",
               {{"reason", why}});
  }
  const std::chrono::seconds patience(used_->options.give_up_s);
  if (patience.count() > 0 && now - *troubled_since_ >= patience) {
    end_batch();
    given_up_count_.add();
    throw sdk::Failure(TENON_E_IO,
                       "tried for " + std::to_string(patience.count()) + " s, and given up: " + why);
  }
  again_count_.add();
  throw sdk::Failure(TENON_E_BUSY, why);
}

}  // namespace tenon::webhook

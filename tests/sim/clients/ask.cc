#include "sim/clients/ask.h"

#include <utility>

namespace tenon::sim {

void ask(ClientWorld& clients, SimNode& node, store::Request&& request, std::int64_t timeout_ns,
         OnEnd on_end) {
  const kv::StoreId store = request.store;
  node.ask(std::move(request), timeout_ns,
           [&clients, store, on_end = std::move(on_end)](const std::optional<store::Answer>& answer) {
             if (!answer || answer->code == store::AnswerCode::timed_out ||
                 answer->code == store::AnswerCode::not_done)
               return on_end(Ended::unknown, {});
             if (answer->code == store::AnswerCode::duplicate) return on_end(Ended::repeated, {});
             if (answer->code == store::AnswerCode::done) return on_end(Ended::done, answer->text);
             clients.world.fail("a request to the store " + std::string(kv::to_string(store)) +
                                " was answered with code " + std::to_string(static_cast<int>(answer->code)));
           });
}

}  // namespace tenon::sim

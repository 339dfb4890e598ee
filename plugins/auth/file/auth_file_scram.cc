#include <array>
#include <memory>
#include <utility>

#include "auth_file.h"
#include "shared/base64.h"

// Enhanced authentication by SCRAM-SHA-256: two rounds, each answered at once on the worker.

namespace tenon::auth_file {
namespace {

std::string_view text_of(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

tenon_status AuthFile::authenticate_by_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                                             sdk::AuthAnswer answer) {
  if (request.step() == TENON_AUTH_CONTINUE) return finish_scram(worker, setup, request, answer);
  if (!setup.realm->offers_scram()) return ignore(answer);
  return begin_scram(worker, setup, request, answer);
}

// A name that is not known, or has keys of another kind, gets a salt of its own that stays the same, and
// fails in the second round, as a wrong password does.
tenon_status AuthFile::begin_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                                   sdk::AuthAnswer answer) {
  const auto first = parse_client_first(text_of(request.auth_data()));
  if (!first) return deny(answer, "not a first message of SCRAM-SHA-256");
  if (request.username().value_or(first->name) != first->name)
    return deny(answer, "another user name in CONNECT than in SCRAM");
  std::array<std::uint8_t, 24> noise;
  random_.fill(noise);
  auto decoy = std::make_shared<const Credential>(setup.realm->scram_decoy(first->name));
  auto known = setup.realm->scram_credential(first->name);
  ScramExchange exchange(*first, encode_base64(noise), known ? std::move(known) : std::move(decoy));
  const std::uint64_t number = worker.scram().add(std::move(exchange));
  const std::string& text = worker.scram().find(number)->server_first();
  answer.more(sdk::bytes_of(sdk::abi(text)), number);
  return TENON_OK;
}

tenon_status AuthFile::finish_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                                    sdk::AuthAnswer answer) {
  const auto exchange = worker.scram().take(request.cont());
  if (!exchange) return deny(answer, "no exchange of SCRAM-SHA-256 is under way, or it took too long");
  auto proof = exchange->finish(text_of(request.auth_data()));
  // The files may have been read anew between the rounds.
  const Realm::User* user = setup.realm->find(exchange->name());
  if (!proof || !user || *user->credential() != *exchange->credential())
    return deny(answer, "wrong password, by SCRAM-SHA-256");
  worker.keep(exchange->name(), std::move(*proof));
  answer.username(worker.kept_name());
  answer.auth_data(sdk::bytes_of(sdk::abi(worker.kept_proof())));
  return allow(answer, setup.realm->permissions_of(*user, worker.kept_name(), request.client_id()));
}

}  // namespace tenon::auth_file

#include "shared/http/lookup.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::http {

namespace {

using Clock = Deadline::clock;

constexpr std::chrono::seconds answer_age_max{10};

int resolve(const std::string& host, const std::string& port, int flags, addrinfo** ret_first) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  return ::getaddrinfo(host.c_str(), port.c_str(), &hints, ret_first);
}

Lookup::Addresses owned(addrinfo* first) {
  return {first, [](const addrinfo* list) { ::freeaddrinfo(const_cast<addrinfo*>(list)); }};
}

// Null: it is a name.
Lookup::Addresses address_in(const std::string& host, const std::string& port) {
  addrinfo* first = nullptr;
  return resolve(host, port, AI_NUMERICHOST, &first) == 0 ? owned(first) : nullptr;
}

}  // namespace

// What a thread of its own asks the resolver, and is told.
struct Lookup::Question {
  const std::string host;
  const std::string port;
  std::mutex mutex;  // guards what follows
  std::condition_variable answered;
  std::optional<Deadline> answered_at;
  int code = 0;
  Addresses addresses;

  Question(std::string host_in, std::string port_in) : host(std::move(host_in)), port(std::move(port_in)) {}

  void ask(const Resolve& resolve) {
    int result = EAI_MEMORY;
    Addresses found;
    try {
      addrinfo* first = nullptr;
      result = resolve(host, port, &first);
      if (result == 0) found = owned(first);
    } catch (const std::bad_alloc&) {
      result = EAI_MEMORY;
    }
    {
      const std::lock_guard lock(mutex);
      answered_at = Clock::now();
      code = result;
      addresses = std::move(found);
    }
    answered.notify_all();
  }

  // False: there is none in time.
  bool wait(Deadline deadline) {
    std::unique_lock lock(mutex);
    return answered.wait_until(lock, deadline, [this] { return answered_at.has_value(); });
  }

  bool is_of_use(const std::string& to_host, const std::string& to_port) {
    const std::lock_guard lock(mutex);
    const bool is_old = answered_at && Clock::now() - *answered_at > answer_age_max;
    return !is_old && host == to_host && port == to_port;
  }

  static void start(const std::shared_ptr<Question>& self, Resolve resolve) try {
    std::thread thread([self, resolve = std::move(resolve)] { self->ask(resolve); });
    pthread_setname_np(thread.native_handle(), "tenon-dns");
    thread.detach();
  } catch (const std::system_error& failure) {
    throw sdk::Failure(TENON_E_BUSY, self->host + ": can't be looked up: " + failure.what());
  }
};

Lookup::Lookup(Resolve resolve) : resolve_(std::move(resolve)) {}

Lookup::~Lookup() = default;

Lookup::Resolve Lookup::system_resolver() {
  return [](const std::string& host, const std::string& port, addrinfo** ret_first) {
    return resolve(host, port, 0, ret_first);
  };
}

Lookup::Addresses Lookup::find(const std::string& host, const std::string& port, Deadline deadline) {
  if (auto address = address_in(host, port)) return address;
  auto question = std::exchange(late_, nullptr);
  if (!question || !question->is_of_use(host, port)) {
    question = std::make_shared<Question>(host, port);
    Question::start(question, resolve_);
  }
  if (!question->wait(deadline)) {
    late_ = std::move(question);
    throw sdk::Failure(TENON_E_TIMEOUT, host + ": the name could not be looked up in time");
  }
  if (question->code != 0) throw sdk::Failure(TENON_E_IO, host + ": " + ::gai_strerror(question->code));
  return question->addresses;
}

}  // namespace tenon::http

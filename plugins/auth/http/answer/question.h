#pragma once

#include <string>

#include <tenon/auth.hpp>

#include "options.h"

namespace tenon::auth_http {

// What the service is asked for one login, as a JSON object. Holds the password.
struct Question {
  std::string body;
  std::string username;  // as the client states it
  std::string client_id;

  Question() = default;
  Question(Question&&) = default;
  Question& operator=(Question&&) = default;
  ~Question();  // wipes the body

  // The same questions of the same client have the same key, whatever they ask: what the answer grants may
  // have its names in it, also where they are not asked with. It tells nothing of them.
  std::string cache_key() const;
};

Question make_question(const FieldNames& names, const sdk::AuthRequest& request);

}  // namespace tenon::auth_http

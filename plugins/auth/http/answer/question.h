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

  // The same questions have the same key, whatever they ask; it tells nothing of them.
  std::string cache_key() const;
};

Question make_question(const FieldNames& names, const sdk::AuthRequest& request);

}  // namespace tenon::auth_http

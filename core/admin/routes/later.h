#pragma once

#include <functional>
#include <string>
#include <utility>

#include "admin/http/handler.h"
#include "admin/problem.h"
#include "admin/session_source.h"

namespace tenon::admin {

// An answer that is made of what an action comes to: begin(Then<T>) starts it, to_json(const T&) is the body.
template <class T, class Begin, class ToJson>
HttpAnswer answer_later(Begin begin, ToJson to_json) {
  return HttpWork{[begin = std::move(begin), to_json = std::move(to_json)](HttpDone done) {
    begin(Then<T>([to_json, done = std::move(done)](Result<T>&& result) {
      if (!result.ok()) return done(problem(result.error()));
      done(HttpResponse{.body = to_json(*result), .fields = {}});
    }));
  }};
}

}  // namespace tenon::admin

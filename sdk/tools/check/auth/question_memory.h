#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "auth/question.h"
#include "base/clock.h"

namespace tenon::tools {

// The host that asks, where it is not one of this version.
struct HostAge {
  std::uint32_t more_bytes = 0;  // its requests, and the elements of their lists, are so much larger; 8 x n
  std::uint32_t result_bytes = sizeof(tenon_auth_result);  // of its results; 8 x n
  std::uint32_t more_flags = 0;                            // in its requests
};

// A question as a plugin sees it, and the place for its answer, in pages of their own: texts end with no zero
// byte, and whoever reads on comes to a page that must not be read. After close(), the same holds for all of
// it.
class QuestionMemory {
 public:
  QuestionMemory(const Question& question, MonoNs deadline, const HostAge& age);
  ~QuestionMemory();
  QuestionMemory(const QuestionMemory&) = delete;
  QuestionMemory& operator=(const QuestionMemory&) = delete;

  // Until close().
  const tenon_auth_request* request() const;
  tenon_auth_result* result() const;

  // From now on whoever touches it crashes. To be called once; any thread.
  void close();
  // After close(): the request was as it had been made, and nothing stood behind the result.
  bool was_intact() const { return was_intact_; }

 private:
  void lay_out(const Question& question, MonoNs deadline, const HostAge& age);
  tenon_bytes put(const std::string& text);

  std::size_t bytes_ = 0;  // that may be used, whole pages
  std::uint8_t* base_ = nullptr;
  std::size_t request_at_ = 0;
  std::size_t guarded_at_ = 0;  // from here on nothing is the plugin's to write
  std::size_t text_at_ = 0;
  std::string copy_;  // of what is not the plugin's to write
  bool was_intact_ = true;
};

}  // namespace tenon::tools

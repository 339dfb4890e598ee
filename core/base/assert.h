#pragma once

// Assertions stay on in release builds (decision 33).
//
//   TENON_BUG(cond, what)        The process can't be trusted when this fails: report and abort.
//   TENON_INVARIANT(cond, what)  The state of one session, link or group is wrong: throws InvariantViolation,
//                                which the owner of that object catches to poison and rebuild it alone.
//   TENON_DCHECK(cond)           Checked in debug builds only; for conditions too dear for the fast path.

namespace tenon {

// Thrown by TENON_INVARIANT. Carries static strings only; catching it costs no allocation.
struct InvariantViolation {
  const char* condition;
  const char* what;
  const char* file;
  int line;
};

[[noreturn, gnu::cold]] void report_bug(const char* condition, const char* what, const char* file, int line);
[[noreturn, gnu::cold]] void report_invariant(const char* condition, const char* what, const char* file,
                                              int line);

}  // namespace tenon

#define TENON_BUG(cond, what)                                 \
  do {                                                        \
    if (!(cond)) [[unlikely]]                                 \
      ::tenon::report_bug(#cond, (what), __FILE__, __LINE__); \
  } while (0)

#define TENON_INVARIANT(cond, what)                                 \
  do {                                                              \
    if (!(cond)) [[unlikely]]                                       \
      ::tenon::report_invariant(#cond, (what), __FILE__, __LINE__); \
  } while (0)

#ifdef TENON_DEBUG_CHECKS
#define TENON_DCHECK(cond) TENON_BUG(cond, "debug check")
#else
#define TENON_DCHECK(cond) ((void)sizeof(!(cond)))
#endif

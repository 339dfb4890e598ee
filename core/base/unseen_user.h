#pragma once

#include <cstdint>

namespace tenon {

// The owner that the kernel shows for every user who has no number in the user namespace of the process
// (Linux: overflowuid). It says nothing of who that is, so nothing that "it" owns can be trusted.
inline constexpr std::uint32_t unseen_user = 65534;

}  // namespace tenon

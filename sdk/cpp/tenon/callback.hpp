/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/failure.hpp>

TENON_SDK_BEGIN

template <class>
struct MethodOf;
template <class Class, class Return, class... Args>
struct MethodOf<Return (Class::*)(Args...)> {
  using type = Class;
};

// A C function that calls a method on the object passed as `user`; what the method throws is dropped.
//   reactor.add(fd, TENON_FD_READ, callback<&Conn::on_event>, this, &token);
//   timer.start(delay_ns, callback<&Conn::on_timeout>, this, &token);
template <auto Method, class... Args>
void callback(void* user, Args... args) noexcept {
  using Class = typename MethodOf<decltype(Method)>::type;
  guarded_void([&] { (static_cast<Class*>(user)->*Method)(args...); });
}

TENON_SDK_END

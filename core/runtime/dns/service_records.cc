#include "runtime/dns/service_records.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <array>
#include <memory>

namespace tenon::runtime {

namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024;
// Priority, weight and port, before the target.
constexpr std::size_t fixed_bytes = 6;

}  // namespace

std::optional<std::vector<ServiceRecord>> read_service_records(Bytes answer) {
  ns_msg message;
  if (::ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0) return std::nullopt;
  std::vector<ServiceRecord> records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0) return std::nullopt;
    if (ns_rr_type(record) != ns_t_srv) continue;
    if (ns_rr_rdlen(record) <= fixed_bytes) return std::nullopt;
    std::array<char, NS_MAXDNAME> target;
    if (::ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record) + fixed_bytes,
                             target.data(), target.size()) < 0)
      return std::nullopt;
    const std::uint16_t port =
        static_cast<std::uint16_t>(ns_rr_rdata(record)[4] << 8 | ns_rr_rdata(record)[5]);
    // "." says that there is no such service.
    if (target[0] != '\0' && target[0] != '.' && port != 0) records.push_back({target.data(), port});
  }
  return records;
}

Result<std::vector<ServiceRecord>> look_up_services(const std::string& name,
                                                    std::optional<sockaddr_in> server) {
  struct __res_state state {};
  if (::res_ninit(&state) != 0) return Error{Errc::io, name + ": the resolver can't be set up"};
  const std::unique_ptr<struct __res_state, void (*)(struct __res_state*)> owner(&state, &::res_nclose);
  if (server) {
    state.nscount = 1;
    state.nsaddr_list[0] = *server;
  }
  std::vector<std::uint8_t> answer(answer_bytes_max);
  const int size =
      ::res_nquery(&state, name.c_str(), ns_c_in, ns_t_srv, answer.data(), static_cast<int>(answer.size()));
  if (size < 0) {
    const bool none = state.res_h_errno == HOST_NOT_FOUND || state.res_h_errno == NO_DATA;
    return Error{none ? Errc::not_found : Errc::io, name + ": " + ::hstrerror(state.res_h_errno)};
  }
  auto records = read_service_records({answer.data(), static_cast<std::size_t>(size)});
  if (!records) return Error{Errc::io, name + ": the answer of the DNS makes no sense"};
  if (records->empty()) return Error{Errc::not_found, name + ": no SRV records"};
  return std::move(*records);
}

}  // namespace tenon::runtime

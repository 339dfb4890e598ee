#include "runtime/dns/service_records.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

#include "runtime/dns/name_lookup.h"
#include "runtime/files/owned_fd.h"

namespace tenon::runtime {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets name_of(std::string_view text) {
  Octets out;
  while (!text.empty()) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    out.push_back(static_cast<std::uint8_t>(dot));
    out.insert(out.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dot));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  out.push_back(0);
  return out;
}

void append(Octets& out, const Octets& more) {
  out.insert(out.end(), more.begin(), more.end());
}

// One record of the answer: the name is that of the question.
Octets srv(std::uint16_t port, const Octets& target) {
  Octets out = {0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, static_cast<std::uint8_t>(6 + target.size()),
                0,    1,  0, 1};
  out.push_back(static_cast<std::uint8_t>(port >> 8));
  out.push_back(static_cast<std::uint8_t>(port));
  append(out, target);
  return out;
}

// An answer to the question for SRV records of `name`.
Octets answer_of(const Octets& id, std::string_view name, const std::vector<Octets>& records) {
  Octets out = id;
  append(out, {0x81, 0x80, 0, 1, 0, static_cast<std::uint8_t>(records.size()), 0, 0, 0, 0});
  append(out, name_of(name));
  append(out, {0, 33, 0, 1});
  for (const Octets& record : records) append(out, record);
  return out;
}

TEST(ServiceRecords, GiveEachTargetWithItsPort) {
  const Octets answer =
      answer_of({0, 7}, "_t._tcp.x", {srv(7883, name_of("a.x")), srv(17883, {1, 'b', 0xc0, 12 + 8})});
  const auto records = read_service_records(answer);
  ASSERT_TRUE(records);
  EXPECT_EQ(*records, (std::vector<ServiceRecord>{{"a.x", 7883}, {"b.x", 17883}}));
}

TEST(ServiceRecords, OfAServiceThatIsSaidNotToExistAreNone) {
  const auto records = read_service_records(answer_of({0, 7}, "_t._tcp.x", {srv(0, {0})}));
  ASSERT_TRUE(records);
  EXPECT_TRUE(records->empty());
}

TEST(ServiceRecords, ThatAreCutOrPointNowhereAreRefused) {
  const Octets whole = answer_of({0, 7}, "_t._tcp.x", {srv(7883, name_of("a.x"))});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_service_records(Bytes(whole.data(), size))) << size;
  EXPECT_FALSE(read_service_records(answer_of({0, 7}, "_t._tcp.x", {srv(7883, {0xc0, 0xff})})));
}

TEST(ServiceRecords, AreAskedOfTheServerThatIsNamed) {
  const OwnedFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([&] {
    std::array<std::uint8_t, 512> question;
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t len = ::recvfrom(socket.get(), question.data(), question.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
    if (len < 2) return;
    const Octets answer = answer_of({question[0], question[1]}, "_t._tcp.x", {srv(7883, name_of("a.x"))});
    ::sendto(socket.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from),
             from_size);
  });
  const auto records = look_up_services("_t._tcp.x", address);
  server.join();
  ASSERT_TRUE(records.ok()) << records.error().message;
  EXPECT_EQ(*records, (std::vector<ServiceRecord>{{"a.x", 7883}}));
}

TEST(NameLookup, FindsTheAddressesOfThisMachineByItsName) {
  const auto found = look_up("localhost", 99);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_TRUE(std::ranges::all_of(
      *found, [](const FoundAddress& one) { return one.port == 99 && is_numeric_address(one.host); }));
  EXPECT_EQ(std::ranges::adjacent_find(*found), found->end());
}

TEST(NameLookup, TellsAnAddressFromAName) {
  EXPECT_TRUE(is_numeric_address("192.0.2.1"));
  EXPECT_TRUE(is_numeric_address("2001:db8::1"));
  EXPECT_FALSE(is_numeric_address("192.0.2"));
  EXPECT_FALSE(is_numeric_address("nodes.example.org"));
  EXPECT_TRUE(is_service_name("_tenon._tcp.example.org"));
  EXPECT_FALSE(is_service_name("tenon.example.org"));
}

}  // namespace
}  // namespace tenon::runtime

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "service/inbox/inbox_ops.h"
#include "service/inbox/inbox_records.h"

namespace tenon::service::inbox {

// What the inbox store must do, written without keys, records and caches.
struct InboxModel {
  struct Item {
    std::string payload;
    mqtt::QoS qos = mqtt::QoS::at_least_once;
    UnixMs expires_at_ms = 0;
    bool released = false;
  };
  struct Will {
    std::uint32_t delay_s = 0;
    UnixMs at_ms = never_ms;
  };
  struct Session {
    Number number = 0;
    std::uint64_t epoch = 0;
    bool attached = true;
    Holder holder;
    Number candidate = 0;
    std::uint32_t expiry_s = 0;
    UnixMs expires_at_ms = never_ms;
    std::optional<Will> will;
    std::map<std::uint64_t, Item> items;
    std::uint64_t next = 1;
    std::uint64_t sent = 0;
    std::set<std::string> filters;
    std::set<std::uint16_t> received;

    std::uint64_t bytes() const {
      std::uint64_t sum = 0;
      for (const auto& [number, item] : items) sum += item.released ? 0 : item.payload.size() + 1;
      return sum;
    }
  };
  using WillName = std::pair<Number, std::uint64_t>;

  std::map<std::string, Session> sessions;
  std::set<WillName> wills;  // all that ever became due

  void fire(Session& session) {
    if (session.will) wills.emplace(session.number, session.epoch);
    session.will.reset();
  }
  void end(const std::string& client) {
    fire(sessions.at(client));
    sessions.erase(client);
  }

  // The session's epoch; 0: there is none.
  std::uint64_t attach(const std::string& client, const Attach& op, UnixMs now_ms, bool& ret_present) {
    if (auto at = sessions.find(client); at != sessions.end()) {
      Session& old = at->second;
      const bool over = old.attached ? old.expiry_s == 0 : old.expires_at_ms <= now_ms;
      if (op.clean_start || over) {
        end(client);
      } else {
        if (old.will && (old.attached ? old.will->delay_s == 0 : old.will->at_ms <= now_ms)) fire(old);
        old.will.reset();
      }
    }
    ret_present = sessions.count(client) > 0;
    if (!ret_present) {
      if (op.expiry_s == 0 && !op.will) return 0;
      sessions[client].number = op.candidate;
    }
    Session& session = sessions[client];
    session.attached = true;
    session.holder = op.holder;
    session.candidate = op.candidate;
    session.expiry_s = op.expiry_s;
    session.expires_at_ms = never_ms;
    if (op.will) session.will = Will{op.will->delay_s, never_ms};
    return ++session.epoch;
  }

  void detach(const std::string& client, std::uint32_t expiry_s, WillFate fate, UnixMs now_ms) {
    Session& session = sessions.at(client);
    if (fate == WillFate::drop) session.will.reset();
    if (expiry_s == 0) return end(client);
    session.attached = false;
    session.expiry_s = expiry_s;
    session.expires_at_ms = after(now_ms, expiry_s);
    if (!session.will) return;
    if (session.will->delay_s == 0) return fire(session);
    session.will->at_ms = std::min(after(now_ms, session.will->delay_s), session.expires_at_ms);
  }

  OpStatus append(const std::string& client, Number number, const Item& item, const Limits& limits,
                  UnixMs now_ms) {
    const auto at = sessions.find(client);
    if (at == sessions.end() || at->second.number != number) return OpStatus::gone;
    Session& session = at->second;
    const std::uint64_t bytes = item.payload.size() + 1;
    const auto fits = [&] {
      return session.items.size() < limits.count_max && session.bytes() + bytes <= limits.bytes_max;
    };
    if (bytes > limits.bytes_max) return OpStatus::full;
    for (auto old = session.items.upper_bound(session.sent); !fits() && old != session.items.end();) {
      if (limits.overflow == Overflow::drop_oldest)
        old = session.items.erase(old);
      else
        break;
    }
    if (!fits() && limits.overflow == Overflow::refuse_newest)
      std::erase_if(session.items, [&](const auto& entry) {
        return entry.first > session.sent && entry.second.expires_at_ms != 0 &&
               entry.second.expires_at_ms <= now_ms;
      });
    if (!fits()) return OpStatus::full;
    session.items[session.next++] = item;
    return OpStatus::ok;
  }

  void time_is(UnixMs now_ms) {
    std::vector<std::string> over;
    for (auto& [client, session] : sessions) {
      if (session.attached) continue;
      if (session.will && session.will->at_ms <= now_ms) fire(session);
      if (session.expires_at_ms <= now_ms) over.push_back(client);
    }
    for (const std::string& client : over) end(client);
  }
};

}  // namespace tenon::service::inbox

#include "driver/schedule.h"

#include "driver/member.h"

namespace tenon::raft {

void Schedule::touch(Member& member) {
  Place& place = member.place();
  if (place.due != Place::nowhere) return;
  place.due = due_.size();
  due_.push_back(&member);
}

void Schedule::set_awake(Member& member, bool awake) {
  Place& place = member.place();
  if (awake == (place.awake != Place::nowhere)) return;
  if (awake) {
    place.awake = awake_.size();
    awake_.push_back(&member);
    return;
  }
  awake_.back()->place().awake = place.awake;
  std::swap(awake_[place.awake], awake_.back());
  awake_.pop_back();
  place.awake = Place::nowhere;
}

void Schedule::forget(Member& member) {
  set_awake(member, false);
  Place& place = member.place();
  if (place.due != Place::nowhere) due_[place.due] = nullptr;
  place.due = Place::nowhere;
}

std::vector<Member*> Schedule::take_due() {
  std::vector<Member*> taken;
  taken.swap(due_);
  std::erase(taken, nullptr);
  for (Member* member : taken) member->place().due = Place::nowhere;
  return taken;
}

}  // namespace tenon::raft

#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tenon::broker {

// Objects found by a key that each of them holds itself: a hash table of pointers to blocks. It takes 11 to
// 21 bytes an object besides the block, where a map takes 40 and more, and keeps a key of its own.
//
// Traits: `Object`; `Owner`, a std::unique_ptr or Ref to one; `Key`, cheap to copy; `Key key(const Object&)`
// and `std::uint64_t hash(Key)`, whose lowest bits choose the place.
//
// Pure; not thread-safe. Objects never move. Invariant: places_ is a power of two or empty, and at most 3/4
// full; between an object's home and its place none is free.
template <class Traits>
class BlockTable {
 public:
  using Owner = typename Traits::Owner;
  using Object = typename Traits::Object;
  using Key = typename Traits::Key;

  explicit BlockTable(Traits traits = Traits()) : traits_(std::move(traits)) {}

  // Null: there is none. Valid until it is taken.
  Object* find(Key key) const { return places_.empty() ? nullptr : places_[place_of(key)].get(); }

  // REQUIRES: find() of its key is null.
  Object& put(Owner object) {
    if ((size_ + 1) * 4 > places_.size() * 3) grow();
    Owner& place = places_[place_of(traits_.key(*object))];
    place = std::move(object);
    ++size_;
    return *place;
  }

  // Null: there is none.
  Owner take(Key key) {
    if (places_.empty()) return nullptr;
    const std::size_t place = place_of(key);
    Owner object = std::move(places_[place]);
    if (!object) return object;
    --size_;
    close_gap(place);
    return object;
  }

  template <class Fn>
  void for_each(Fn fn) const {
    for (const Owner& object : places_)
      if (object) fn(*object);
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t places_min = 4;

  std::size_t mask() const { return places_.size() - 1; }
  std::size_t home_of(Key key) const { return static_cast<std::size_t>(traits_.hash(key)) & mask(); }
  // Where it is, or would be.
  std::size_t place_of(Key key) const {
    std::size_t place = home_of(key);
    while (places_[place] && !(traits_.key(*places_[place]) == key)) place = (place + 1) & mask();
    return place;
  }
  void grow() {
    std::vector<Owner> old =
        std::exchange(places_, std::vector<Owner>(places_.empty() ? places_min : places_.size() * 2));
    for (Owner& object : old) {
      if (!object) continue;
      Owner& place = places_[place_of(traits_.key(*object))];
      place = std::move(object);
    }
  }
  // What stands behind a place that has become free moves up to it, unless that is in front of its home.
  void close_gap(std::size_t gap) {
    for (std::size_t at = (gap + 1) & mask(); places_[at]; at = (at + 1) & mask()) {
      const std::size_t home = home_of(traits_.key(*places_[at]));
      if (((at - home) & mask()) < ((at - gap) & mask())) continue;
      places_[gap] = std::move(places_[at]);
      gap = at;
    }
  }

  [[no_unique_address]] Traits traits_;
  std::vector<Owner> places_;
  std::size_t size_ = 0;
};

}  // namespace tenon::broker

// SPDX-License-Identifier: 0BSD
#pragma once

#include <tenon/abi/base.h>

#include <cstdint>
#include <string>
#include <vector>

namespace acme {

// How keys and values of the broker lie in LMDB, whose keys have 511 bytes at most, while a key of the broker
// may hold a topic of 65,535.
//
// Keys up to `direct_bytes` are records of their own: {space, key} -> value. All longer ones that begin with
// the same `direct_bytes` share one record, a bucket: {space, those bytes, 0} -> rows. A bucket stands right
// behind the direct key of the same bytes, and before every other key that is greater: the order of the
// records is that of the keys.
//
// A value begins with the CRC-32C of the rest of it, for LMDB has no checksums.
constexpr std::size_t direct_bytes = 508;
constexpr std::uint32_t space_max = 65534;  // space 65535 holds the mark of the format

// The key of the record in which the key of the broker lies.
std::string record_key(std::uint32_t space, tenon_bytes key);
// Where the records of a space begin.
std::string space_begin(std::uint32_t space);

inline bool is_long(tenon_bytes key) {
  return key.len > direct_bytes;
}
inline bool is_bucket(tenon_bytes record_key) {
  return record_key.len > 2 + direct_bytes;
}

// One key of the broker with its value, somewhere else in memory.
struct Row {
  tenon_bytes key;
  tenon_bytes value;
};

// Throws a Failure with TENON_E_CORRUPT when a record does not hold together.
//
// The value of a direct record.
tenon_bytes open_value(tenon_bytes record_key, tenon_bytes record);
// The rows of a bucket in order; their keys are put together in `keys`, which must live as long as the rows.
std::vector<Row> open_bucket(tenon_bytes record_key, tenon_bytes record, std::vector<std::string>& keys);

std::string make_value(tenon_bytes value);
std::string make_bucket(const std::vector<Row>& rows);  // in order, all of one bucket

// As engines compare: unsigned bytes, then the length.
int compare(tenon_bytes a, tenon_bytes b);

// A row of an export chunk, which a bucket uses as well: {u32 key length, u32 value length, key, value}.
void append_row(std::string& to, tenon_bytes key, tenon_bytes value);
// False: `bytes` do not hold together.
bool parse_rows(tenon_bytes bytes, std::vector<Row>& ret_rows);

}  // namespace acme

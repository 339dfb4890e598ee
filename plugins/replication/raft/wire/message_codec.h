#pragma once

#include <string>
#include <string_view>

#include "algorithm/message.h"

namespace tenon::raft {

// The bytes of one message between two members of a group, little-endian:
//
//   u8 format (1) · u8 minor (0) · u8 type · u8 flags · u16 head_bytes · head · body
//
// The head is the term and then the numbers that the type has (algorithm/message.h), 8 bytes each, in the
// order of the table in message_codec.cc. The body of an append is u32 count and for each entry u64 term · u8
// kind · u32 size · payload; that of a snapshot is u64 index · u64 term · u32 size · configuration; other
// types have none.
//
// A form of a higher minor may have a longer head, more flags and something behind the body, all of which a
// reader may skip. What can't be skipped needs another format. `from`, `to` and `incarnation` are those of
// the frame around it and not in here, nor are the indexes of entries, which follow from `index`.

// Appends the bytes of `message` to *out.
void encode_message(const Message& message, std::string* out);

// Null: *ret_message is what `bytes` say, but for what the frame says; its payloads are slices of one copy of
// `bytes`. Else why they were refused, as a sentence without a full stop, of static storage; *ret_message is
// of no use then.
//
// What is taken holds together by itself: numbers are below 2^62, the terms of entries don't decrease and
// don't exceed the message's, configurations are valid.
const char* decode_message(std::string_view bytes, Message* ret_message);

}  // namespace tenon::raft

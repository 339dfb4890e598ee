#pragma once

#include <string>
#include <string_view>

namespace tenon::raft {

// Plays a scenario: text in which each line that begins with "> " is a command, and lines between commands
// are what it led to, as found before. The same text comes back with what it leads to now; comments (#) and
// empty lines stay.
//
//   > nodes 3                        founders 1 to 3, logs beginning at 1@1 (the first command);
//                                    "nodes 3 sleepy" quiesces, "nodes 3 single" sends one entry in an append
//   > log 1 term 3: 2 2 3            node 1 restarts with entries of these terms, having seen term 3
//   > add                            one more node, empty, known to nobody
//   > campaign 1                     node 1 campaigns; its messages stay on the wire
//   > deliver                        everything on the wire and what comes of it
//   > deliver append 1 2             the oldest message of this type from 1 to 2
//   > lose | lose append             drops what is on the wire
//   > tick 1 5                       five ticks at node 1; "tick all 5" at all, delivering after each
//   > propose 1 text
//   > change 1 voters 1 2 learners 3
//   > transfer 1 2 | read 1 | compact 1 | install 3 | crash 1 | restart 1
//   > slow 1 | write 1 | quick 1     writes wait; the oldest is done; no more waiting
//   > cut 1 2 | isolate 1 | heal
//   > down 1 at 2                    node 2 is told that node 1 is down
//   > show                           one line for each node
std::string play(std::string_view script);

}  // namespace tenon::raft

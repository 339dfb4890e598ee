#pragma once

// The one list of everything the broker logs by itself (plugins add their own). docs/reference/logs.md is
// made from it; after a change run build/core/observe/print_reference logs > docs/reference/logs.md.
//
// X(area, name, level, meaning): makes events::<area>_<name>, logged as "<area>.<name>". A name is never
// given a second meaning. The meaning says when the event happens and, where that is not plain, what to do.
//
// R, with the same parameters: a record of what somebody did, which stands nowhere else. It is always
// written, whatever the levels are and however often it comes: nobody may be able to silence or crowd out
// what is held against him. So its number must be bounded by what was really done.
#define TENON_EVENTS(X, R)                                                                                  \
  X(node, starting, info, "The process has read its configuration and begins to start.")                    \
  X(node, started, info, "Everything that is configured runs; clients are served.")                         \
  X(node, start_failed, error, "The start was given up; the process exits. The message says why.")          \
  X(node, drained, info, "An operator has the node drained; `phase` is what it gives away now.")            \
  X(node, resumed, info, "The node is drained no more, and serves.")                                        \
  X(node, cut_off, warn,                                                                                    \
    "No majority is linked, for longer than `cluster.cut_off_s`, of the voters of ranges of "               \
    "sessions; their clients are sent away.")                                                               \
  X(node, cut_off_over, info, "All ranges of sessions are in reach again; clients are sent away no more.")  \
  X(node, traffic_changed, info,                                                                            \
    "An operator has changed a traffic directive or the groups of a node; `by` says with which right.")     \
  X(node, stopping, info, "A stop was asked for; links are being closed.")                                  \
  X(node, stopped, info, "Everything is stopped; the process exits.")                                       \
  X(node, failed, error,                                                                                    \
    "The journal has failed and other nodes go on: the process stops, with exit code 1. Look at the disk "  \
    "before it is started again.")                                                                          \
  X(node, stop_forced, warn,                                                                                \
    "shutdown.timeout_s passed before everything was closed; the rest was cut off.")                        \
  X(node, anonymous_allowed, warn, "Clients without a name and password are let in; see auth.anonymous.")   \
  X(node, limit_low, warn, "A limit of the system is lower than the configuration needs.")                  \
  X(node, loop_silent, warn,                                                                                \
    "A thread of the broker hangs; when it goes on so, the service manager restarts the broker.")           \
  X(node, notify_failed, warn, "The service manager could not be told the broker's state.")                 \
  X(node, health_changed, warn, "A condition of the node's health changed; see /readyz.")                   \
  R(node, log_level_changed, info, "An operator has an area of the log say more or less.")                  \
  X(node, trace_begun, warn, "An operator traces packets of chosen clients.")                               \
  X(node, log_suppressed, info, "Records of an event were held back because it repeats too fast.")          \
  X(node, log_lost, warn, "Log lines were lost because the log's reader is too slow.")                      \
  X(node, log_not_rotated, warn,                                                                            \
    "`log.file` is too large and can't be set aside, or could not be opened anew; the message says why. "   \
    "What was open is written to; each minute it is tried again.")                                          \
  X(config, file_read, debug, "A file of the configuration was read.")                                      \
  X(config, reload_done, info, "A changed configuration is in use.")                                        \
  X(config, reload_refused, error, "A changed configuration is wrong; the old one stays in use.")           \
  X(config, restart_needed, warn, "A changed value takes effect with the next start only.")                 \
  X(plugin, file_loaded, info, "A plugin's file passed all checks and was loaded.")                         \
  X(plugin, file_refused, error, "A configured plugin can't be used; the message says what to do.")         \
  X(plugin, instance_started, info, "An instance of a plugin is active.")                                   \
  X(plugin, instance_failed, error, "An instance of a plugin did not start, or reported that it failed.")   \
  X(plugin, instance_stopped, info, "An instance of a plugin is stopped.")                                  \
  X(plugin, events_failed, warn,                                                                            \
    "An observer could not do with events what it is for; they are lost to it.")                            \
  X(plugin, events_dropped, warn,                                                                           \
    "More waits for an observer than its queue may hold; what comes is left out.")                          \
  X(plugin, intercept_failed, warn,                                                                         \
    "An interceptor can't say which topics it decides on; those that it named before stay.")                \
  X(plugin, message_refused, info,                                                                          \
    "An interceptor has refused a message, or could not decide on it; `reason` says why.")                  \
  X(plugin, call_slow, warn, "A call of a plugin took longer than the watchdog allows.")                    \
  X(listener, opened, info, "Clients can connect to this address.")                                         \
  X(listener, open_failed, error, "An address could not be bound.")                                         \
  X(listener, closed, info, "No more connections are accepted on this address.")                            \
  X(link, opened, debug, "A client's connection was accepted.")                                             \
  X(link, closed, debug, "A client's connection ended; `reason` says why.")                                 \
  X(link, refused, warn, "A connection was closed before it became a session; `reason` says why.")          \
  X(link, protocol_error, info, "A client sent what MQTT forbids; the link was closed.")                    \
  X(link, client_banned, warn,                                                                              \
    "A client connects again and again and is kept out for `overload.flapping_ban_s`.")                     \
  X(link, banned_refused, info, "A banned client is not let in, or sent away; `ban` says by which ban.")    \
  X(link, sent_elsewhere, info,                                                                             \
    "A client is not served here, as its tenant is served by nodes of other groups; `directive` says so.")  \
  X(node, memory_high, warn, "Memory is short: publishers are read, and connections accepted, slowly.")     \
  X(node, memory_well, info, "Memory is short no more.")                                                    \
  X(session, started, debug, "A client connected and has a session.")                                       \
  X(session, taken_over, info, "A newer connection with the same client id took the session over.")         \
  X(session, ended, debug, "A session ended and its state was discarded.")                                  \
  X(session, expired, debug, "A session was discarded because its expiry interval passed.")                 \
  X(session, message_dropped, info, "A message was not delivered to a session; `cause` says why.")          \
  X(session, will_sent, debug, "The will message of a session was published.")                              \
  X(session, state_lost, error,                                                                             \
    "A session's state was found to be wrong; that session alone was discarded.")                           \
  X(routing, retained_refused, warn, "A retained message was not stored because a limit is reached.")       \
  X(routing, message_refused, warn,                                                                         \
    "A message could not be stored for sessions or as a retained one; the message says why.")               \
  X(storage, engine_opened, info, "A storage engine is open.")                                              \
  X(storage, engine_failed, error, "A storage engine reported a failure.")                                  \
  X(storage, engine_recovered, info, "A storage engine that had failed takes everything again.")            \
  X(storage, founded, info, "The first ranges of a new cluster were made.")                                 \
  X(storage, range_opened, debug, "A replica of a range is open.")                                          \
  X(storage, leader_changed, debug, "A range has another leader, or none.")                                 \
  X(storage, members_changed, info,                                                                         \
    "The members of a range have changed or are about to, or a replica of this node came, goes or is "      \
    "rebuilt; the message says which.")                                                                     \
  X(storage, range_recovered, warn,                                                                         \
    "A range that had lost its majority was recovered, or what this node had of it is given up because of " \
    "that; the message says what may be lost.")                                                             \
  X(storage, replica_failed, error,                                                                         \
    "A replica can't go on; the message says why. Its range is served by the others.")                      \
  X(auth, login_refused, info, "A client was not let in; `reason` says why.")                               \
  X(auth, ban_changed, info, "An operator has set or removed a ban, which holds on all nodes.")             \
  X(auth, plugin_failed, error, "An auth plugin erred or was late; the client was not let in.")             \
  X(auth, access_denied, info, "A publish or subscribe was refused by an access rule.")                     \
  X(api, token_created, info, "The administrator's token was made; the message names its file.")            \
  X(api, console_unusable, warn, "The console's pages could not be read; the API is without them.")         \
  X(api, order_given, info, "Somebody gave an order to a range; `by` says with which right.")               \
  R(api, change_asked, info,                                                                                \
    "Somebody has asked the HTTP API for a change: who, from where, for what; `status` is the answer's. "   \
    "With a status of 500 or more it may have been made, or not.")                                          \
  X(api, change_refused, info,                                                                              \
    "Somebody has asked the HTTP API for a change and was refused: who, from where, for what; `status` is " \
    "the answer's, from 400 to 499.")                                                                       \
  X(api, order_ended, info, "An order to a range is over; the message says how.")                           \
  X(api, request_served, debug, "The HTTP API answered a request.")                                         \
  X(api, link_refused, warn, "A connection to the API was closed before its filters were ready.")           \
  X(api, request_refused, info,                                                                             \
    "The HTTP API refused a request: malformed, too large, or without permission.")                         \
  X(balance, planner_changed, info,                                                                         \
    "Another node plans where replicas and leaders go, or nobody; it is the one that leads store meta.")    \
  X(balance, command_refused, warn,                                                                         \
    "A balancer wants what makes no sense or can't be done; `cause` and the message say why.")              \
  X(balance, plan_failed, error, "A balancer could not plan; the message says what it said.")               \
  X(balance, rule_changed, info, "A rule for a balancer was set or removed; `by` says with which right.")   \
  X(balance, rule_refused, info,                                                                            \
    "A rule for a balancer was to be changed and was not; the message says why.")                           \
  X(balance, rules_applied, info, "Balancers follow the rules that store meta has, besides conf.d.")        \
  X(balance, rule_failed, error,                                                                            \
    "A balancer can't be run here as its rule wants it, and does not run; the message says why.")           \
  X(peer, node_gone, warn,                                                                                  \
    "Another node is away for longer than `cluster.node_gone_s`; ranges let go of its sessions.")           \
  X(peer, port_opened, info, "Other nodes can reach this one at this address.")                             \
  X(peer, node_alive, info, "A node is heard again, by this node or by `witness`.")                         \
  X(peer, node_suspect, info, "Nobody has heard a node of late; others are asked for it.")                  \
  X(peer, node_silent, warn, "Nobody has heard a node for as long as one may be silent.")                   \
  X(peer, link_up, info, "The link to another node is up.")                                                 \
  X(peer, link_down, warn, "The link to another node was up and ended; `reason` says why.")                 \
  X(peer, self_removed, error,                                                                              \
    "An operator has removed this node for good, as another one says; it needs an empty data directory.")   \
  X(peer, node_twin, error,                                                                                 \
    "Two processes have one node's id; one of them has to begin with an empty data directory.")             \
  X(peer, node_left, info, "Another node stops and has closed its link.")                                   \
  X(peer, link_refused, warn,                                                                               \
    "A link to another node was closed before it was up; `reason` says why, `by` which side.")              \
  X(peer, lookup_failed, warn,                                                                              \
    "The addresses of a name among the seeds could not be found; it is looked up again.")                   \
  X(peer, dial_failed, debug, "Another node could not be reached; it is dialled again.")                    \
  X(worker, loop_slow, warn, "A worker was busy so long that its links waited noticeably.")

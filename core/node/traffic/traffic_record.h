#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/sources/traffic_source.h"
#include "base/result.h"
#include "kv/descriptor.h"
#include "service/meta/meta_ops.h"

// Directives and groups as the store `meta` has them. Pure.
//
//   traffic/directives/<service>/<tenants>   {"weights": {GROUP: N}, "reason", "change"}
//   traffic/groups/<node>                    {"groups": [GROUP], "reason", "change"}

namespace tenon::node {

inline constexpr std::string_view traffic_prefix = "traffic/";
inline constexpr std::string_view groups_prefix = "traffic/groups/";

std::string path_of_directive(const admin::DirectiveName& name);
std::string path_of_groups(kv::NodeId node);

// Empty: the path is none of a directive's, or the value is one that this version does not understand.
std::optional<admin::DirectiveStatus> read_directive(std::string_view path,
                                                     const service::meta::ValueRecord& record);
std::optional<admin::GroupsStatus> read_groups(std::string_view path,
                                               const service::meta::ValueRecord& record);
// "directive mqtt acme-*", "groups 00000000000000a1"; empty: the path is none of these.
std::string traffic_words_of(std::string_view path);
// `tag` names the change.
std::string text_of_directive(const admin::DirectiveChange& change, std::string_view tag);
std::string text_of_groups(const admin::GroupsChange& change, std::string_view tag);

// Whether a change can be made, and anything follows from it. not_found: there is no such service. invalid:
// the text says why.
Status may_direct(const admin::DirectiveChange& change);
Status may_group(const admin::GroupsChange& change);

}  // namespace tenon::node

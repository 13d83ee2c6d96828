// The filters of a rule or of one of its backends, compiled.
#pragma once

#include <memory>

#include <google/protobuf/repeated_ptr_field.h>

#include "core/routing/reference_grants.h"
#include "core/routing/route_filters.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// Whose filters they are. What ReplacePrefixMatch replaces is the rule's one prefix.
struct FilterOwner {
  const v1::HTTPRoute& route;
  const v1::HTTPRouteRule& rule;
  const ReferenceGrants& grants;
};

// Null when there are none. A mirror that leads nowhere is left out.
std::shared_ptr<const RouteFilters> compile_filters(
    const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters,
    const FilterOwner& owner);

// Whether there is one that cannot be applied: of ExtensionRef there are none.
bool has_unknown_filter(const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters);

}  // namespace limpet

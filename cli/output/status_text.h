// What the server tells of an object (its status), in words for tables and for describe. Everything
// is empty when there is no status: a watch tells none.
#pragma once

#include <string>
#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

// "True" when every condition of that type is (a route has one per parent), else the reason of the
// first that is not.
std::string condition_text(const v1::Resource& resource, std::string_view type);

// "2/3": so many nodes serve it, of so many that are to.
std::string active_text(const v1::Resource& resource);

// "4,0": the routes of each listener of a Gateway, in their order.
std::string attached_text(const v1::Resource& resource);

// The nodes as counts, and every condition with its message.
std::string status_text(const v1::Resource& resource);

}  // namespace limpet::cli

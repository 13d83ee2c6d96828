// ReferenceGrants for people: the cells of a table, and what refers by a grant's leave.
#pragma once

#include <string>

#include "cli/output/table.h"
#include "core/analysis/world.h"
#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

// "HTTPRoute:shop,Gateway:edge"
std::string grant_from(const v1::Resource& resource);
// "Service,Secret:edge-tls"
std::string grant_to(const v1::Resource& resource);

// The references that there are and that the grant permits.
Table grant_uses(const World& world, const v1::ReferenceGrant& grant);

}  // namespace limpet::cli

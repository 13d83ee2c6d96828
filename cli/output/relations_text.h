// What an object has to do with the others: for describe.
#pragma once

#include <string>

#include "core/analysis/world.h"

namespace limpet::cli {

// Read off the compiled table: Gateways with the routes of their listeners, routes with their
// backends and the policies there, Services with their routes and endpoints, and so on. "" where
// there is nothing to tell, and when the table is null.
std::string relations_text(const World& world, const EntryKey& key);

}  // namespace limpet::cli

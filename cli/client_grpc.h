// The management server over gRPC.
#pragma once

#include <memory>

#include "cli/connection.h"
#include "cli/management.h"

namespace limpet::cli {

// Nothing is sent before the first call. Files that cannot be used are the error of every call.
std::unique_ptr<Management> connect_to(const Connection& connection);

}  // namespace limpet::cli

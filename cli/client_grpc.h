// The management server over gRPC.
#pragma once

#include <memory>
#include <string>

#include "cli/management.h"

namespace limpet::cli {

// `address` is HOST:PORT. Nothing is sent before the first call.
std::unique_ptr<Management> connect_to(const std::string& address);

}  // namespace limpet::cli

#pragma once

#include <string>

#include "limpet/v1/discovery.pb.h"

namespace limpet::cli {

// "HTTPRoute server/fortio-route: spec.rules[0]: what is wrong"
std::string reason_text(const v1::Nack::Reason& reason);

}  // namespace limpet::cli

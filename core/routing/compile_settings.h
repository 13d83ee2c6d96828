// From GatewayParameters to the settings of a port, and which of them a Gateway names.
#pragma once

#include <optional>
#include <string>

#include "core/routing/listener_settings.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// What the object leaves out, or a later version may write and this one cannot read, has its
// default.
ListenerSettings compile_settings(const v1::GatewayParameters& parameters);

// The GatewayParameters that the Gateway names, which need not exist. Nothing when it names none,
// or something of another kind.
std::optional<EntryKey> parameters_of(const v1::Gateway& gateway);

}  // namespace limpet

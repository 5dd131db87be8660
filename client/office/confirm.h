#pragma once
// Where the rule "grant" is "confirm", a new device is granted keys only after two people have
// compared its words: one reads them from its screen, the other from the office's.

#include "replica/replica.h"

namespace office {

/// Devices that wait for somebody to compare their words, oldest first; none if the rule does not
/// ask for it. What is written here and not sent yet counts as done.
base::Result<std::vector<domain::Device>> devicesToConfirm(const replica::Replica& replica);

/// The device whose id begins so, if it waits to be confirmed here. NotFound, InvalidInput (also if
/// it was confirmed before), NotPermitted, WaitingForKey (this device cannot grant keys yet).
base::Result<domain::Device> deviceToConfirm(const replica::Replica& replica, std::string_view id);

/// Grants the device the newest key of its unit, which confirms it for later ones too.
base::Status confirm(replica::Replica& replica, const domain::Device& device);

}  // namespace office

#include "base/result.h"

namespace base {

std::string_view codeName(Code code) {
    switch (code) {
        case Code::Usage:
            return "usage";
        case Code::InvalidInput:
            return "invalid_input";
        case Code::NotFound:
            return "not_found";
        case Code::NoPassphrase:
            return "no_passphrase";
        case Code::WrongPassphrase:
            return "wrong_passphrase";
        case Code::Unreachable:
            return "unreachable";
        case Code::Cut:
            return "cut";
        case Code::HomeBusy:
            return "home_busy";
        case Code::UnknownUnit:
            return "unknown_unit";
        case Code::InvitationExpired:
            return "invitation_expired";
        case Code::InvitationUsed:
            return "invitation_used";
        case Code::Refused:
            return "refused";
        case Code::ServerPaused:
            return "server_paused";
        case Code::NotPermitted:
            return "not_permitted";
        case Code::WaitingForKey:
            return "waiting_for_key";
        case Code::Malformed:
            return "malformed";
        case Code::BadSignature:
            return "bad_signature";
        case Code::Limit:
            return "limit";
        case Code::DeviceRevoked:
            return "device_revoked";
        case Code::Forked:
            return "forked";
        case Code::Unsupported:
            return "unsupported";
        case Code::Corrupt:
            return "corrupt";
        case Code::Io:
            return "io";
        case Code::Internal:
            return "internal";
    }
    return "internal";
}

}  // namespace base

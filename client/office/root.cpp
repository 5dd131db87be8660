#include "office/root.h"
#include "office/acts.h"
#include "office/administration.h"
#include "wire/body.h"

namespace office {
namespace {

using base::Code;
using base::fail;

SigningRequest requestOf(const replica::Replica& replica, domain::Change change) {
    const domain::Directory& directory = replica.directory().directory();
    SigningRequest out{directory.province(), directory.genesis().name, directory.authority().set(),
                       std::move(change)};
    for (const crypto::SigningKey& key : replica.identity().authorityKeys) {
        // A key that was replaced signs nothing any more.
        Status ignored = out.sign(key);
        (void)ignored;
    }
    return out;
}

/// Charters and authority sets follow each other one by one.
Status checkTurn(const replica::Replica& replica) {
    const domain::Directory& ordered = replica.directory().directory();
    TRY(domain::Directory projected, replica.projectedDirectory());
    bool isWaiting = projected.authority().version() != ordered.authority().version();
    bool isBehind = replica.authority().version() != ordered.authority().version();
    if (!isWaiting && !isBehind) return {};
    return fail(Code::InvalidInput,
                "Another change of the server's or the authority keys is on its way: run thongsuot "
                "sync first, then this again.");
}

std::uint32_t nextVersion(const replica::Replica& replica) {
    return replica.directory().directory().authority().version() + 1;
}

Status checkSignatures(const replica::Replica& replica, const SigningRequest& request) {
    const domain::Authority& authority = replica.directory().directory().authority();
    if (auto* invited = std::get_if<domain::Invited>(&request.change)) {
        if (replica.directory().directory().invitation(invited->number) != nullptr)
            return fail(Code::InvalidInput, "This invitation is in the directory already.");
        if (invited->expiry < replica.clock().nowMs()) {
            return fail(Code::InvitationExpired,
                        "This invitation has expired by this machine's clock; make a new one.");
        }
        if (authority.hasSigned(crypto::Context::Statement, invited->statement(request.province),
                                invited->signatures)) {
            return {};
        }
    } else {
        CHECK_OK(checkTurn(replica));
        auto fault = authority.faultOf(request.change);
        if (!fault) return {};
        if (request.isComplete()) {
            return fail(Code::InvalidInput,
                        "This request is not the next one: it was put into force before, or "
                        "another came first (" +
                            *fault + "). Make a new one.");
        }
    }
    return fail(Code::NotPermitted,
                "The request has " + std::to_string(request.signatures()) + " of the " +
                    std::to_string(authority.set().threshold) +
                    " signatures that it needs: have it signed with thongsuot authority sign.");
}

}  // namespace

Result<SigningRequest> requestCharter(const replica::Replica& replica,
                                      const domain::RotationToken& token) {
    CHECK_OK(needsAdministrator(replica));
    const domain::Directory& directory = replica.directory().directory();
    if (token.province != directory.province()) {
        return fail(Code::InvalidInput,
                    "This token was made by the server of another province; copy the right one.");
    }
    const domain::Charter& present = directory.charter();
    if (token.noiseKey == present.noiseKey && token.headKey == present.headKey)
        return fail(Code::InvalidInput, "The keys of this token are in force already.");
    CHECK_OK(checkTurn(replica));
    domain::SignedCharter out;
    out.content = {base::copy(directory.province().view()), nextVersion(replica), token.noiseKey,
                   token.headKey};
    out.body = wire::encodeCharter(out.content);
    return requestOf(replica, std::move(out));
}

Result<SigningRequest> requestAuthority(const replica::Replica& replica,
                                        const std::vector<base::PublicKey>& keys,
                                        std::uint8_t threshold) {
    CHECK_OK(needsAdministrator(replica));
    CHECK_OK(checkTurn(replica));
    domain::SignedAuthoritySet out;
    out.content = {base::copy(replica.directory().directory().province().view()),
                   nextVersion(replica), keys, threshold};
    out.body = wire::encodeAuthoritySet(out.content);
    return requestOf(replica, std::move(out));
}

SigningRequest requestAdministrator(const replica::Replica& replica,
                                    const domain::Invited& invited) {
    return requestOf(replica, invited);
}

Status submit(replica::Replica& replica, const SigningRequest& request) {
    CHECK_OK(needsAdministrator(replica));
    const domain::Directory& directory = replica.directory().directory();
    if (request.enrolment) {
        return fail(Code::InvalidInput,
                    "This request is for a new first device of the office: hand it in there, with "
                    "thongsuot authority recover --submit.");
    }
    if (request.province != directory.province())
        return fail(Code::InvalidInput, "This request was made for another province.");
    CHECK_OK(checkSignatures(replica, request));
    CHECK_OK(replica.append({directory.directoryScopeId(), {request.change}}));
    return {};
}

}  // namespace office

#pragma once
// A change that only authority keys can put into force, on its way to their keepers and back: a
// file that the office writes, that every keeper adds a signature to on a machine without a line,
// and that the office appends once there are enough.
//
// Layout, little-endian, at most 64 KiB:
//   "TSREQUEST" 0 | u16 version = 1 | P (32) | sized name of the province
//   | u8 threshold | u8 number of authority keys | keys (32 each), as the office knew them
//   | sized body: one change (charter, authoritySet, or invited with administrator), with its
//     signatures; of the first device of an office that has lost all of its own the invitation and
//     the enrolment, which are signed for together
//   | BLAKE2b-256 of all before; it has no key, and tells damage
//
// The authority keys are there to tell a keeper whose signature is wanted: whoever changes them
// gains nothing, since what counts is the directory.

#include "domain/directory.h"

namespace office {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

struct SigningRequest {
    base::ProvinceId province;
    std::string provinceName;
    domain::AuthoritySet authority;  // whose signatures are wanted
    domain::Change change;
    /// Of a recovery (ADR 21): the enrolment that the invitation is for.
    std::optional<domain::DeviceEnrolled> enrolment{};

    Bytes encode() const;
    /// InvalidInput for what is no request or not whole; Unsupported for a newer version.
    static Result<SigningRequest> decode(ByteView bytes);

    /// Authority keys that have signed.
    std::size_t signatures() const;
    bool isComplete() const { return signatures() >= authority.threshold; }
    /// Adds a signature, if the key has not signed yet. NotPermitted if it is none of these.
    Status sign(const crypto::SigningKey& key);
    /// What is asked for, in lines for people.
    std::string text() const;
    /// charter, authority_set, administrator or recovery.
    std::string_view kind() const;

private:
    crypto::Context context() const;
    Bytes signedBytes() const;
    const std::vector<base::Signature>& given() const;
};

}  // namespace office

#pragma once
// A founded province with the records that its server would have made.

#include <catch2/catch.hpp>
#include "../domain/province.h"
#include "session/ledger_check.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace test {

/// One verified ledger, of the directory or a unit.
struct History {
    session::LedgerTip tip;
};

class World {
public:
    World() : province(3, 2, wire::encodeGenesis) {
        REQUIRE(crypto::initialise());
        REQUIRE(append(directoryHistory,
                       record(office(), directoryScope(), {domain::Change(province.genesis)})));
        for (const char* unit : {"X01", "X02"}) {
            write({domain::UnitDescribed{unit, std::string("Xã ") + unit,
                                         domain::UnitLevel::Commune, "ST"}});
        }
    }

    const Member& office() const { return province.office; }
    base::ScopeId directoryScope() const { return domain::directoryScope(province.id); }
    ledger::ChainId chainOf(const Member& member, const base::ScopeId& scope) const {
        return {scope, member.id(province.id), member.incarnation};
    }

    /// The bytes of a record with one entry behind this member's last one.
    base::Bytes record(const Member& by, const base::ScopeId& scope,
                       const std::vector<domain::Change>& changes,
                       std::optional<ledger::Arrival> at = {}, std::uint64_t keyVersion = 0) {
        base::Bytes body = wire::compress(wire::encodeBody(changes), wire::kImportLevel, 0);
        ledger::ChainId chain = chainOf(by, scope);
        ledger::ChainState state = chainState(chain);
        ledger::Header header;
        header.keyVersion = keyVersion;
        header.claimed = province.now;
        base::Bytes bytes = ledger::encodeHeader(header, state);
        base::Writer(bytes).raw(body);
        ledger::ChainState after = state;
        REQUIRE(ledger::advance(after, bytes));
        auto seal = crypto::sign(by.device, crypto::Context::Seal,
                                 ledger::sealedBytes(province.id, chain, state.nextSeq, after.tip));
        base::ByteView view = bytes;
        base::Bytes out;
        ledger::encodeSegment(chain, state.nextSeq, state.tip, std::span(&view, 1), seal, out);
        ledger::encodeArrival(at.value_or(arrival()), out);
        return out;
    }
    /// Arrived now, at the directory as it stands.
    ledger::Arrival arrival() const {
        auto now = static_cast<std::uint64_t>(province.now);
        return {now, directory.size(), now};
    }
    base::Status append(History& history, const base::Bytes& bytes) {
        TRY(ledger::Record record, ledger::parseRecord(bytes));
        session::DirectoryLedger directoryCopy = directory;
        session::LedgerTip tip = history.tip;
        ledger::ChainState state = chainState(record.segment.chain);
        std::vector<ledger::Entry> entries;
        CHECK_OK(session::extendLedger(record, province.id, directoryCopy, tip, state, entries));
        directory = std::move(directoryCopy);
        history.tip = tip;
        chains[record.segment.chain.key()] = state;
        province.now += 1000;
        return {};
    }
    /// The office writes to the directory.
    void write(const std::vector<domain::Change>& changes) {
        REQUIRE(append(directoryHistory, record(office(), directoryScope(), changes)));
    }
    Member join(const std::string& unit) {
        Member member(province.random);
        Ticket ticket = province.invite(unit, domain::roles::kOfficer);
        write({ticket.change});
        REQUIRE(append(directoryHistory,
                       record(member, directoryScope(), {province.enrolment(ticket, member)})));
        return member;
    }
    ledger::ChainState chainState(const ledger::ChainId& chain) const {
        auto it = chains.find(chain.key());
        return it == chains.end() ? ledger::ChainState::start(province.id, chain) : it->second;
    }

    Province province;
    session::DirectoryLedger directory;
    History directoryHistory;
    std::map<base::Bytes, ledger::ChainState> chains;
};

inline const std::vector<domain::Change> kNote{
    domain::Noted{domain::ObjectKind::Assignment, {}, domain::NoteKind::Progress, "Đang rà soát"}};

}  // namespace test

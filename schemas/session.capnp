@0xb87a52d94fe03a6d;
# What the two ends of a session say to each other, inside the encrypted channel.
#
# Purpose: session messages (PROTOCOL.md, "Session"). One message segment, unpacked.
# Limits:  a message is at most 1 MiB; a hello names at most 6 ledgers; an answer at most 4,096.
# Version log: 1 (2026-11) first version; later the same month: Reason.paused, which others show as a refusal;
#          Hello.quarantine, without which no quarantined is sent; revoked and chains, which others pass over; epochs:
#          ClientMessage.former, Answer.epoch, GiveBack.frontier and roots, Wanted.common; Refused.held;
#          Hello.epoch; Former.size, root and proof.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("schema");

struct ClientMessage {
  union {
    hello @0 :Hello;
    push @1 :List(Data);           # segments, in chain order
    done @2 :Void;                 # nothing more will be pushed
    show @3 :Data;                 # a head that is longer than or differs from the server's
    introduce @4 :Data;            # the segment with DeviceEnrolled
    found @5 :Found;               # genesis, on an empty server
    ledgers @6 :List(LedgerState); # all of them, where the answer asked because the digest differs
    offer @7 :List(Data);          # tips of other devices' chains that are carried here
    giveBack @8 :GiveBack;         # records that the server had signed for and holds no more
    former @9 :Former;             # a head whose history is not the server's
  }
}

struct ServerMessage {
  union {
    same @0 :Void;                 # nothing differs; the session ends
    answer @1 :Answer;
    batch @2 :Batch;
    refused @3 :Refused;
    finished @4 :Void;             # all was sent; the session ends
    introduced @5 :Void;           # the introduction is ordered; the session ends
    want @6 :List(Data);
    wanted @7 :Wanted;             # what was shown is missing here from this position on
    quarantined @8 :Quarantined;   # work without the right, for the office to decide about
  }
}

struct Hello {
  incarnation @0 :Data;
  clock @1 :Int64;                 # the client's, for display only
  charterVersion @2 :UInt32;       # newest version of charters and authority sets that it knows
  pendingEntries @3 :UInt32;       # 0: nothing will be pushed, no done follows; a hello with two ledgers fits one padded block
  pendingBytes @4 :UInt64;
  ledgers @5 :List(LedgerState);   # at most 6 …
  digest @6 :Data;                 # … or the digest of the sorted list
  pushFollows @7 :Bool;            # pending segments come right behind
  quarantine @8 :UInt64;           # office: 1 + the `at` of the newest work without right that it was sent; 0: sends none
  epoch @9 :UInt32;                # that it is in: of the newest statement that it has followed, at first 0
}

struct LedgerState {
  scope @0 :Data;
  epoch @1 :UInt32;
  size @2 :UInt64;
  root @3 :Data;                   # first 16 bytes
}

struct Found {
  mac @0 :Data;                    # keyed by the bootstrap secret, over P
  segment @1 :Data;
}

struct Answer {
  ledgers @0 :List(LedgerAnswer);
  needLedgers @1 :Bool;            # the digest differs: send the ledgers you hold
  charterVersion @2 :UInt32;       # the server's; 0: it does not say
  authority @3 :Data;              # a Body of change.capnp: genesis, charters, authority sets above the client's version
  revoked @4 :Bool;                # this device is: one segment of each chain is taken, behind what chains names
  chains @5 :List(KeptChain);      # of a revoked device, as ordered
  epoch @6 :Data;                  # the statement of the server's epoch, where the client is of an earlier one
}

struct KeptChain {                 # of this device's incarnation, where it has entries
  scope @0 :Data;
  nextSeq @1 :UInt64;              # above 0
  tip @2 :Data;                    # h(nextSeq - 1)
}

struct LedgerAnswer {
  scope @0 :Data;
  epoch @1 :UInt32;
  size @2 :UInt64;
  root @3 :Data;
  nextSeq @4 :UInt64;              # of this device's chain in this scope
  tip @5 :Data;                    # h(nextSeq - 1); empty if nextSeq is 0
}

struct Batch {
  scope @0 :Data;
  first @1 :UInt64;                # position of the first entry
  records @2 :List(RecordItem);
  head @3 :Data;
}

struct RecordItem {
  union {
    bytes @0 :Data;                # a record
    own @1 :OwnRecord;             # entries of the client's own chain, which it holds
  }
}

struct Wanted {
  scope @0 :Data;
  from @1 :UInt64;                 # the size of the shown head: nothing (more) is missing
  common @2 :UInt64;               # after former: up to where both histories are the same
}

struct Quarantined {
  at @0 :UInt64;                   # when it came; of two the later one has the greater
  why @1 :UInt8;                   # 1 the device has no right to this ledger, 2 the device is revoked
  segment @2 :Data;                # as it came
}

struct GiveBack {
  scope @0 :Data;
  first @1 :UInt64;                # position of the first entry
  records @2 :List(Data);          # as they were received
  frontier @3 :Data;               # of a former history, first message: u64 first ‖ the subtrees before it
  roots @4 :List(Data);            # of a former history: the directory's root that each record's leaves name
}

struct Former {
  head @0 :Data;
  samples @1 :List(Sample);        # of an epoch that is over: record boundaries of the history under it, the greatest first
  size @2 :UInt64;                 # of the present epoch: the size that the server named …
  root @3 :Data;                   # … another root there, 32 bytes
  proof @4 :List(Data);            # … and what shows that the head covers it (RFC 9162, 2.1.4)
}

struct Sample {
  size @0 :UInt64;
  root @1 :Data;                   # first 16 bytes
}

struct OwnRecord {
  firstSeq @0 :UInt64;
  count @1 :UInt16;
  arrival @2 :UInt64;
  directorySize @3 :UInt64;
}

struct Refused {
  reason @0 :Reason;
  text @1 :Text;
  scope @2 :Data;
  nextSeq @3 :UInt64;
  chains @4 :List(KeptChain);      # of a revoked device: as far as they are durable here, ordered or not
  held @5 :List(LedgerState);      # of a revoked device: those of its ledgers that stand here, as it named them
}

enum Reason {
  unknown @0;                      # no such device here
  revoked @1;
  recovering @2;
  forked @3;
  tooOld @4;
  invitation @5;                   # unknown
  notEmpty @6;                     # genesis on a server that has one
  gap @7;                          # prev unknown: the seq wanted is named
  malformed @8;
  noRight @9;
  quarantineFull @10;
  expired @11;                     # the invitation's time is over
  used @12;                        # the invitation made a device already
  paused @13;                      # the server takes no new work for now; the text says why
}

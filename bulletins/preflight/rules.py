"""The rules about what an issue says: each with its level. Facts block; what may be meant so asks for a reason."""

from bulletins.preflight import addresses, contacts, days, parts, sentences
from bulletins.preflight.findings import Level, Rule
from bulletins.preflight.proof import Proof

BLOCKS, REASON, ADVICE = Level.BLOCKS, Level.REASON, Level.ADVICE

RULES: tuple[Rule[Proof], ...] = (
    Rule(BLOCKS, days.no_date),
    Rule(BLOCKS, parts.nothing_to_read),
    Rule(BLOCKS, parts.incomplete_items),
    Rule(BLOCKS, parts.images_without_words),
    Rule(BLOCKS, addresses.empty_links),
    Rule(BLOCKS, addresses.closed_links),
    Rule(BLOCKS, addresses.dead_anchors),
    Rule(BLOCKS, contacts.wrong_helpline_numbers),
    Rule(REASON, parts.empty_summary),
    Rule(REASON, sentences.announces_nothing),
    Rule(REASON, sentences.announces_inside),
    Rule(REASON, sentences.unbalanced_brackets),
    Rule(REASON, sentences.unbalanced_quotation_marks),
    Rule(REASON, sentences.said_twice),
    Rule(REASON, sentences.placeholders),
    Rule(REASON, addresses.lost_links),
    Rule(REASON, addresses.dead_links),
    Rule(REASON, addresses.borrowed_links),
    Rule(REASON, days.wrong_weekdays),
    Rule(REASON, days.past_events),
    Rule(REASON, days.on_bank_holiday),
    Rule(REASON, contacts.unchecked_numbers),
    Rule(REASON, contacts.feedback_without_address),
    Rule(REASON, contacts.no_feedback_address),
    Rule(ADVICE, parts.long_subject),
    Rule(ADVICE, parts.summary_length),
    Rule(ADVICE, parts.sensitive_words),
    Rule(ADVICE, parts.headings_out_of_order),
    Rule(ADVICE, addresses.vague_links),
    Rule(ADVICE, addresses.insecure_links),
    Rule(ADVICE, addresses.tracking_links),
    Rule(ADVICE, addresses.doubtful_links),
)

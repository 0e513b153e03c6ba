"""What is known of each customer at the end of a day: narwhals lazy frames in, lazy frames out.

Every function takes order lines of the table `transactions` with its integer companions
(`occurred_day`, `net_cents`) and looks at nothing after its `as_of_day`. All arithmetic in the
engine is integer arithmetic, so that every engine gives the same answer.
"""

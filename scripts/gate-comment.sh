#!/usr/bin/env bash
# Keeps one comment of the gate on a pull request: updates it, or writes it if there is none and something happened.
#   gate-comment.sh gate.md
#   REPO      owner/name of the repository with the pull request
#   PR        its number; without it the open pull request of HEAD_OWNER:HEAD_BRANCH whose head is HEAD_SHA
#   GH_TOKEN  for gh, with permission to write pull requests
# The text may come from a job that ran code of a fork, so it is data here: no part of it is run, it mentions
# no user, and it cannot end the comment that marks it.
set -euo pipefail
marker='<!-- semabench gate -->'
report=${1:?the Markdown of the gate}
[ -s "$report" ] || { echo "gate-comment: $report is empty or missing: the gate wrote no report" >&2; exit 2; }

pr=${PR:-}
if [ -z "$pr" ]; then
	pr=$(gh api -X GET "repos/$REPO/pulls" -f state=open -f head="$HEAD_OWNER:$HEAD_BRANCH" \
		--jq ".[] | select(.head.sha == \"${HEAD_SHA//[^0-9a-f]/}\") | .number" | head -1)
fi
[[ $pr =~ ^[0-9]+$ ]] || { echo "gate-comment: no open pull request has this head any more" >&2; exit 0; }

mine=$(gh api --paginate "repos/$REPO/issues/$pr/comments" \
	--jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id" | head -1)
if [ -z "$mine" ] && head -1 "$report" | grep -q ': PASS$'; then
	echo "gate-comment: it passed, and there is no comment to update"
	exit 0
fi
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
	echo "$marker"
	head -c 60000 "$report" | sed -e 's/@/@\xe2\x80\x8b/g' -e 's/<!--/\&lt;!--/g'
} >"$body"
if [ -n "$mine" ]; then
	gh api -X PATCH "repos/$REPO/issues/comments/$mine" -F body=@"$body" --silent
else
	gh api -X POST "repos/$REPO/issues/$pr/comments" -F body=@"$body" --silent
fi

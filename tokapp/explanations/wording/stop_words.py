"""Words that name no evidence: function words of the languages that reasons are written in."""

from __future__ import annotations

_ENGLISH = """
a about after again all also am an and any are as at be because been before being but by can cannot could did do does
doing don't down during each either else ever every few for from further had has have having he her here hers him his
how i i'm if in into is isn't it it's its itself just let like made make makes many may me might more most much must my
neither no nor not now of off on once one only onto or other our out over own per quite rather really same says she
should since so some such than that that's the their them then there these they this those though through thus to too
under until up upon us very was way we were what when where whether which while who whom whose why will with within
without word words would yet you your yours text reason model label decision classified
"""
_GERMAN = """
aber alle als also am an auch auf aus bei bin bis bist da das dass dem den der des die dies diese diesem diesen dieser
dieses doch dort du durch ein eine einem einen einer eines er es euch für gegen hat haben hatte hier ich ihm ihn ihr im
in ist ja kann kein keine man mein mit nach nicht noch nur ob oder ohne sehr sein sich sie sind so über um und uns unter
vom von vor war was weil wenn wer wie wir wird wo zu zum zur
"""
_FRENCH = """
à au aux avec c'est ce ces cet cette dans de des du elle elles en est et eux il ils j'ai je la le les leur lui ma mais
me même mes moi mon ne nos notre nous on ou par pas pour qu'il que qui sa se ses son sont sur ta te tes toi ton tu un
une vos votre vous y cause parce
"""
_SPANISH = """
al como con cual de del desde donde el ella ellas ellos en entre era es esa ese eso esta este esto estos fue ha hay la
las le les lo los me mi muy más ni no nos o para pero por porque que quien se ser si sin sobre son su sus también te tu
un una uno unos y ya yo
"""
_TURKISH = """
acaba ama bana bazı belki ben beni bir biz bu bunu bunlar çok çünkü da daha de değil diye en gibi hem hep her hiç için
ile ise kadar ki kim mı mi mu mü nasıl ne neden o olan olarak onlar onu sana sen siz şey şu şunlar ve veya ya yani
"""

STOP_WORDS = frozenset(" ".join((_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _TURKISH)).split())
"""All of them in lower case; lists of one language are small enough that joining them hides little."""
